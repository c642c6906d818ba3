"""The Event Grid extension's webhook: handshake, delivery, unsubscription. One invocation per event, in parallel.

The status decides whether Event Grid redelivers the batch (500) or drops it (400), so each is the real host's.
"""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web
from azure.functions.meta import Datum

from cli.host import keys
from cli.host.worker import InvocationFailedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.host.dispatcher import Dispatcher
    from cli.host.metadata import FunctionMetadata

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:")


class EventGridWebhook:
    """Receives deliveries for the Event Grid functions of an app."""

    def __init__(self, functions: Sequence[FunctionMetadata], access: keys.Keys, dispatcher: Dispatcher) -> None:
        self._functions = {function.name: function for function in functions}
        self._keys = access
        self._dispatcher = dispatcher

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request: 401 or 403 without the key, 404 for an unknown function, else by method and event type.

        A body without events is a 500, as in the real host, so that Event Grid sends it again.
        """
        given = keys.given(request.headers, request.query)
        if request.method in {"HEAD", "PATCH"}:
            return web.Response(status=404)
        if not self._keys.opens_extension(given, keys.EVENT_GRID):
            return web.Response(status=403 if self._keys.knows(given) else 401)
        function = self._functions.get(keys.parameter(request.query, "functionname") or "")
        if function is None:
            return web.Response(status=404, text="no such Event Grid function")
        if request.method == "OPTIONS":
            return web.Response(headers={"Webhook-Allowed-Origin": "eventgrid.azure.net"})
        if request.method != "POST":
            return web.Response(status=400)
        return await self._posted(function, request.headers.get("aeg-event-type", "").lower(), await request.read())

    async def _posted(self, function: FunctionMetadata, event_type: str, body: bytes) -> web.Response:
        if event_type == "unsubscribe":
            return web.Response(status=202)
        if event_type not in {"subscriptionvalidation", "notification"}:
            return web.Response(status=400, text="the header aeg-event-type is missing or unknown")
        try:
            events = _events(body)
        except ValueError as error:
            return web.Response(status=500, text=f"the body holds no events: {error}")
        return _handshake(events) if event_type == "subscriptionvalidation" else await self._deliver(function, events)

    async def _deliver(self, function: FunctionMetadata, events: list[dict[str, Any]]) -> web.Response:
        batches: list[Any] = [events] if function.trigger.get("cardinality", "").lower() == "many" else list(events)
        runs = (self._dispatcher.run(function, datum(json.dumps(batch)), metadata(batch)) for batch in batches)
        results = await asyncio.gather(*runs, return_exceptions=True)
        unexpected = [result for result in results if isinstance(result, BaseException)]
        for error in unexpected:
            if not isinstance(error, InvocationFailedError):
                raise error
        return web.Response(status=500 if unexpected else 202)


def datum(text: str) -> Datum:
    """Return one event's JSON in the form the worker receives."""
    return Datum(text, "json")


def metadata(event: object) -> dict[str, Datum]:
    """Return the trigger metadata of an event: its data."""
    return {"data": datum(json.dumps(event.get("data")))} if isinstance(event, dict) else {}


def _events(body: bytes) -> list[dict[str, Any]]:
    try:
        content = json.loads(body.decode("utf-8-sig", errors="replace"))  # .NET reads text like this
        json.dumps(content)  # it is passed on as text, so it must not be nested too deeply to encode
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    events = content if isinstance(content, list) else [content]
    if not all(isinstance(event, dict) for event in events):
        raise ValueError("an event must be a JSON object")
    return [_timed(event) for event in events]


def _timed(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event with its time in UTC, as the extension's JSON reader does: workers accept no other zone.

    Text that is not a time of day stays as it is, and the invocation fails on it.
    """
    name = "time" if "specversion" in event else "eventTime"
    text = str(event.get(name) or "")
    if not _TIME.match(text):
        return event
    try:
        time = datetime.fromisoformat(text)
        return event | {name: (time.astimezone(UTC) if time.tzinfo else time).isoformat()}
    except (ValueError, OverflowError):  # the latter in the first hours of year 1 or the last of year 9999
        return event


def _handshake(events: list[dict[str, Any]]) -> web.Response:
    data = events[0].get("data") if events else None
    code = data.get("validationCode") if isinstance(data, dict) else None
    if code is None:
        return web.Response(status=500, text="a validation event must have data.validationCode")
    return web.Response(text=json.dumps({"validationResponse": code}))
