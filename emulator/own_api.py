"""The emulator's own small API, on the proxy's address: what is there, and what may be set while it runs.

It is for people, tests and the development host; no emulated service is reached through it.

| request | what it does |
|---|---|
| GET /emulator/state | everything of note, as JSON |
| GET /emulator/environment | the variables that a client process needs |
| PUT /emulator/functions {"url", "key"} | deliver events to this function host; azurewebsites.net answers from it too |
| DELETE /emulator/functions | forget it |
| POST /emulator/events {an event} | publish it to Event Grid as it is, in whatever spelling |
| PUT /emulator/event-grid {fields of EventGridOptions} | make Event Grid behave so |
| PUT /emulator/log-analytics {fields of QueryFaults} | make queries fail so |
| PUT /emulator/metrics {fields of QueryFaults} | make platform metrics fail so |
| PUT /emulator/resource-manager {"faults": [{fields of Fault}]} | make ARM fail so |
| and {"endings": [{fields of Ending}], "stale_reads": seconds} | the same; what is left out is over |
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Protocol, TypeVar

from aiohttp import web
from cattrs import BaseValidationError, Converter, transform_error
from cattrs.v import format_exception

from emulator.event_grid import EventGrid, EventGridOptions, HandshakeError
from emulator.monitor.faults import QueryFaults
from emulator.resource_manager.faults import Ending, Fault, Faults
from emulator.resources import Json

T = TypeVar("T")
_CONVERTER = Converter(forbid_extra_keys=True)


class Steerable(Protocol):
    """What the API shows and sets."""

    @property
    def event_grid(self) -> EventGrid:
        """The events of the workspace."""

    @property
    def query_faults(self) -> QueryFaults:
        """How Log Analytics fails."""

    @property
    def metrics_faults(self) -> QueryFaults:
        """How platform metrics fail."""

    @property
    def arm_faults(self) -> Faults:
        """How Azure Resource Manager fails."""

    def overview(self) -> Json:
        """Return the state of things."""

    def environment(self) -> dict[str, str]:
        """Return what a client process must have in its environment."""

    async def set_functions(self, url: str | None, key: str) -> None:
        """Let events and azurewebsites.net go to this function host. Raises HandshakeError."""


def own_application(cloud: Steerable) -> web.Application:
    """Return the application."""
    api = _Api(cloud)
    application = web.Application(middlewares=[_explain])
    router = application.router
    router.add_get("/emulator/state", api.state)
    router.add_get("/emulator/environment", api.environment)
    router.add_put("/emulator/functions", api.functions)
    router.add_delete("/emulator/functions", api.no_functions)
    router.add_post("/emulator/events", api.publish)
    router.add_put("/emulator/event-grid", api.event_grid)
    router.add_put("/emulator/log-analytics", api.log_analytics)
    router.add_put("/emulator/metrics", api.metrics)
    router.add_put("/emulator/resource-manager", api.resource_manager)
    return application


@web.middleware
async def _explain(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except (ValueError, TypeError) as error:
        return web.json_response({"error": str(error)}, status=400)
    except HandshakeError as error:
        return web.json_response({"error": str(error)}, status=502)


class _Api:
    """The handlers, around one cloud."""

    def __init__(self, cloud: Steerable) -> None:
        self._cloud = cloud

    async def state(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(self._cloud.overview())

    async def environment(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(self._cloud.environment())

    async def functions(self, request: web.Request) -> web.StreamResponse:
        body = await _object(request)
        if not str(body.get("url", "")).startswith("http"):
            raise ValueError("url must be given and start with http")
        await self._cloud.set_functions(body["url"], body.get("key") or "")
        return web.Response(status=204)

    async def no_functions(self, _: web.Request) -> web.StreamResponse:
        await self._cloud.set_functions(None, "")
        return web.Response(status=204)

    async def publish(self, request: web.Request) -> web.StreamResponse:
        await self._cloud.event_grid.publish_as_it_is(await _object(request))
        return web.Response(status=202)

    async def event_grid(self, request: web.Request) -> web.StreamResponse:
        return _set(self._cloud.event_grid.options, await _object(request))

    async def log_analytics(self, request: web.Request) -> web.StreamResponse:
        return _set(self._cloud.query_faults, await _object(request))

    async def metrics(self, request: web.Request) -> web.StreamResponse:
        return _set(self._cloud.metrics_faults, await _object(request))

    async def resource_manager(self, request: web.Request) -> web.StreamResponse:
        body = await _object(request)
        unknown = sorted(set(body) - {"faults", "endings", "stale_reads"})
        if unknown:
            raise ValueError(f"there is no setting {unknown[0]}")
        faults = [Fault(**row) for row in body.get("faults", [])]
        endings = [Ending(**row) for row in body.get("endings", [])]
        self._cloud.arm_faults.ask(faults, endings, float(body.get("stale_reads", 0)))
        return web.Response(status=204)


def _set(target: EventGridOptions | QueryFaults, values: Json) -> web.StreamResponse:
    wanted = _read(asdict(target) | values, type(target))
    for each in fields(target):
        setattr(target, each.name, getattr(wanted, each.name))
    return web.Response(status=204)


def _read(values: Json, kind: type[T]) -> T:
    """Return the values as this kind. Raises ValueError that names each unknown field and each wrong value."""
    try:
        return _CONVERTER.structure(values, kind)
    except BaseValidationError as error:
        raise ValueError("; ".join(transform_error(error, format_exception=_words))) from error


def _words(error: BaseException, kind: type | None) -> str:
    """Return a value's own complaint if it has one, else the library's words for the type that was expected."""
    return str(error) if isinstance(error, ValueError) else format_exception(error, kind)


async def _object(request: web.Request) -> Json:
    body = json.loads(await request.text() or "{}")
    if not isinstance(body, dict):
        raise TypeError("the body must be an object")
    return body
