"""The host's own API under /admin: status, list of functions, manual runs. All but the ping need the master key."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

from aiohttp import web

from cli.host import event_grid, keys, queue_trigger, timer
from cli.host.metadata import FunctionMetadata, kind
from cli.host.worker import InvocationFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from azure.functions.meta import Datum

    from cli.host.dispatcher import Dispatcher

_BY_HAND: dict[str, Callable[[str], Datum]] = {
    "timertrigger": lambda _text: timer.datum(None, past_due=False),
    "queuetrigger": queue_trigger.datum,
    "eventgridtrigger": event_grid.datum,
}


class Admin:
    """Answers under /admin for the functions given by name."""

    def __init__(self, functions: Mapping[str, FunctionMetadata], access: keys.Keys, dispatcher: Dispatcher) -> None:
        self._functions = {name.lower(): function for name, function in functions.items()}
        self._keys = access
        self._dispatcher = dispatcher
        self._started = time.monotonic()
        self._by_hand: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request: 501 with its path for what the real host serves here and this one does not.

        Only the ping needs no key. A valid key other than the master key gives 403, anything else 401.
        """
        parts = [part.lower() for part in request.path.strip("/").split("/")[1:]]
        if parts == ["host", "ping"]:
            return web.Response()
        given = keys.given(request.headers, request.query)
        if not self._keys.opens_admin(given):
            return web.Response(status=403 if self._keys.knows(given) else 401)
        match request.method, parts:
            case "GET", ["host", "status"]:
                return self._status()
            case "GET", ["functions"]:
                return web.json_response([_described(function) for function in self._functions.values()])
            case "GET" | "POST", ["functions", name]:
                return await self._function(name, request)
            case _:
                text = f"{request.method} {request.path} is not emulated by the development host"
                return web.Response(status=501, text=text)

    async def _function(self, name: str, request: web.Request) -> web.Response:
        function = self._functions.get(name)
        if function is None:
            return web.Response(status=404, text=f"no function is named {name}")
        if request.method == "GET":
            return web.json_response(_described(function))
        return self._run(function, await request.read())

    def _status(self) -> web.Response:
        return web.json_response(
            {
                "id": "teal-development-host",
                "state": "Running",
                "version": "4.0",
                "processUptime": round((time.monotonic() - self._started) * 1000),
            }
        )

    def _run(self, function: FunctionMetadata, body: bytes) -> web.Response:
        """Start a function and answer 202 immediately, as the real host does; the log shows how it ended."""
        value = _BY_HAND.get(kind(function.trigger))
        if value is None:
            return web.Response(status=400, text="an HTTP function is run by calling its route")
        try:
            text = _input(body)
            if kind(function.trigger) == "eventgridtrigger":
                json.loads(text)
        except ValueError as error:
            return web.Response(status=400, text=f'the body must be {{"input": "..."}}: {error}')
        task = asyncio.create_task(self._completed(function, value(text)))
        self._by_hand.add(task)
        task.add_done_callback(self._by_hand.discard)
        return web.Response(status=202)

    async def _completed(self, function: FunctionMetadata, datum: Datum) -> None:
        try:
            await self._dispatcher.run(function, datum)
        except InvocationFailedError:
            return


def _input(body: bytes) -> str:
    content = json.loads(body or b"{}")
    value = content.get("input", "") if isinstance(content, dict) else ""
    return value if isinstance(value, str) else json.dumps(value)


def _described(function: FunctionMetadata) -> dict[str, object]:
    return {"name": function.name, "language": "python", "config": {"bindings": list(function.bindings)}}
