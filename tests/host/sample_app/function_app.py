"""A function app with every kind of trigger that the development host supports, for tests to observe."""

# ruff: noqa: ARG001 - a binding must be a parameter, also where the function has no use for it
import asyncio
import json
import logging
import os
import time
from typing import List  # noqa: UP035 - the worker refuses list[str]

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

log = logging.getLogger("sample")

SEEN: list[object] = []  # the inputs of this process's functions, readable at /api/seen


@app.route("seen", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def seen(req: func.HttpRequest) -> func.HttpResponse:
    """Return the inputs so far."""
    return func.HttpResponse(json.dumps(SEEN), mimetype="application/json")


@app.route("echo/{name}/{number:int?}", auth_level=func.AuthLevel.ANONYMOUS)
def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Return the request's parts."""
    seen_request = {
        "method": req.method,
        "route": dict(req.route_params),
        "query": dict(req.params),
        "headers": {name: value for name, value in req.headers.items() if name.startswith("x-")},
        "body": req.get_body().decode(),
        "function": context.function_name,
    }
    return func.HttpResponse(json.dumps(seen_request), status_code=201, headers={"X-Answer": "yes"})


@app.route("keyed")
async def keyed(req: func.HttpRequest) -> str:
    """Require a function key; async, with a plain-text answer."""
    await asyncio.sleep(0)
    return "keyed"


@app.route("guarded", auth_level=func.AuthLevel.ADMIN, methods=["GET"])
def guarded(req: func.HttpRequest) -> str:
    """Require the master key; answer with a response object."""
    return json.dumps({"statusCode": 418, "headers": {"X-Kind": "object"}, "body": {"tea": True}})


@app.route("broken", auth_level=func.AuthLevel.ANONYMOUS)
def broken(req: func.HttpRequest) -> func.HttpResponse:
    """Fail."""
    raise RuntimeError("broken on purpose")


@app.route("nothing", auth_level=func.AuthLevel.ANONYMOUS)
def nothing(req: func.HttpRequest) -> func.HttpResponse:
    """Return None, which the worker cannot encode."""
    return None  # type: ignore[return-value]  # that it does is the point


@app.route("unset", auth_level=func.AuthLevel.ANONYMOUS, binding_arg_name="res")
def unset(req: func.HttpRequest, res: func.Out[func.HttpResponse]) -> None:
    """Leave the response unset."""


@app.route("switched_off", auth_level=func.AuthLevel.ANONYMOUS)
def switched_off(req: func.HttpRequest) -> str:
    """Answer, unless it is disabled."""
    return "on"


@app.route("greeting", auth_level=func.AuthLevel.ANONYMOUS)
def greeting(req: func.HttpRequest) -> str:
    """Return the value of a setting."""
    return os.environ.get("GREETING", "")


@app.route("slow", auth_level=func.AuthLevel.ANONYMOUS)
async def slow(req: func.HttpRequest) -> str:
    """Run longer than functionTimeout."""
    log.info("entered slow")
    await asyncio.sleep(600)
    return "late"


@app.route("rest/{*path}", auth_level=func.AuthLevel.ANONYMOUS)
def rest(req: func.HttpRequest) -> str:
    """Return the rest of the path, after a delay in which a test may stop the host."""
    log.info("entered rest")
    time.sleep(float(req.params.get("seconds", "0")))
    return str(req.route_params["path"])


@app.route("send", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.queue_output(arg_name="messages", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
def send(
    req: func.HttpRequest,
    messages: func.Out[List[str]],  # noqa: UP006 - the worker refuses list[str]
) -> str:
    """Queue each item of the posted list."""
    items = req.get_json()
    messages.set([json.dumps(item) for item in items])
    if "fail the sender" in items:
        raise RuntimeError("what it set must not be sent")
    return str(len(items))


@app.queue_trigger(arg_name="message", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
@app.queue_output(arg_name="done", queue_name="%WORK_QUEUE%-done", connection="AzureWebJobsStorage")
def work(message: func.QueueMessage, done: func.Out[str]) -> None:
    """Forward a message; fail on request."""
    text = message.get_body().decode()
    SEEN.append({"work": json.loads(text), "try": message.dequeue_count, "id": bool(message.id)})
    if "poison" in text:
        raise RuntimeError("poisoned on purpose")
    if "slow" in text:
        time.sleep(6)  # longer than the shortest lease
    done.set(text)


@app.timer_trigger(arg_name="timer", schedule="%TICK%")
def tick(timer: func.TimerRequest) -> None:
    """Record each tick."""
    SEEN.append({"tick": getattr(timer, "schedule_status", {}), "past_due": timer.past_due})
    time.sleep(float(os.environ.get("TICK_SECONDS", "0")))
    SEEN.append({"tock": True})


@app.event_grid_trigger(arg_name="event")
def on_event(event: func.EventGridEvent) -> None:
    """Record each event; fail on request."""
    SEEN.append({"event": event.id, "type": event.event_type, "data": event.get_json()})
    if event.subject == "broken":
        raise RuntimeError("broken on purpose")
