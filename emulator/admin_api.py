"""The admin API, at the proxy's own address: shows the emulator's state, and changes its behaviour while it runs.

For people, tests and the development host. Emulated services are not reachable through it.

| request | effect |
|---|---|
| GET /emulator/state | show the state as JSON |
| GET /emulator/environment | show the variables that a client process needs |
| PUT /emulator/functions {"url", "key"} | deliver events to this function host, and forward azurewebsites.net to it |
| DELETE /emulator/functions | unsubscribe the function host |
| POST /emulator/events {an event} | publish an event to Event Grid, unchanged |
| PUT /emulator/event-grid {fields of EventGridOptions} | change how Event Grid behaves |
| PUT /emulator/log-analytics {fields of QueryFaults} | make log queries fail |
| PUT /emulator/metrics {fields of QueryFaults} | make metrics queries fail |
| PUT /emulator/resource-manager {"faults": [{fields of Fault}]} | make ARM requests fail |
| and {"endings": [{fields of Ending}], "stale_reads": seconds} | likewise; omitted fields are reset |
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Protocol, TypeVar

from aiohttp import web
from cattrs import BaseValidationError, Converter, transform_error
from cattrs.v import format_exception

from emulator.event_grid.grid import EventGrid
from emulator.event_grid.options import EventGridOptions
from emulator.event_grid.webhook import HandshakeError
from emulator.monitor.faults import QueryFaults
from emulator.resource_manager.faults import Faults
from emulator.resources import Json

T = TypeVar("T")
_CONVERTER = Converter(forbid_extra_keys=True)


class AdministeredCloud(Protocol):
    """What the API shows and changes."""

    @property
    def event_grid(self) -> EventGrid:
        """Event Grid."""

    @property
    def query_faults(self) -> QueryFaults:
        """How log queries fail."""

    @property
    def metrics_faults(self) -> QueryFaults:
        """How metrics queries fail."""

    @property
    def arm_faults(self) -> Faults:
        """How ARM requests fail."""

    def overview(self) -> Json:
        """Return the state, for people and tests."""

    def environment(self) -> dict[str, str]:
        """Return the environment variables that a client process needs."""

    async def set_functions(self, url: str | None, key: str) -> None:
        """Send events and requests for azurewebsites.net to the function host at `url`. Raises HandshakeError."""


def admin_application(cloud: AdministeredCloud) -> web.Application:
    """Return the application."""
    api = _Api(cloud)
    application = web.Application(middlewares=[_error_responses])
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
async def _error_responses(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except (ValueError, TypeError) as error:
        return web.json_response({"error": str(error)}, status=400)
    except HandshakeError as error:
        return web.json_response({"error": str(error)}, status=502)


class _Api:
    """The handlers, for one cloud."""

    def __init__(self, cloud: AdministeredCloud) -> None:
        self._cloud = cloud

    async def state(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(self._cloud.overview())

    async def environment(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(self._cloud.environment())

    async def functions(self, request: web.Request) -> web.StreamResponse:
        body = await _object(request)
        if not str(body.get("url", "")).startswith("http"):
            raise ValueError("url is required and must start with http")
        await self._cloud.set_functions(body["url"], body.get("key") or "")
        return web.Response(status=204)

    async def no_functions(self, _: web.Request) -> web.StreamResponse:
        await self._cloud.set_functions(None, "")
        return web.Response(status=204)

    async def publish(self, request: web.Request) -> web.StreamResponse:
        await self._cloud.event_grid.publish_unchanged(await _object(request))
        return web.Response(status=202)

    async def event_grid(self, request: web.Request) -> web.StreamResponse:
        return _set(self._cloud.event_grid.options, await _object(request))

    async def log_analytics(self, request: web.Request) -> web.StreamResponse:
        return _set(self._cloud.query_faults, await _object(request))

    async def metrics(self, request: web.Request) -> web.StreamResponse:
        return _set(self._cloud.metrics_faults, await _object(request))

    async def resource_manager(self, request: web.Request) -> web.StreamResponse:
        self._cloud.arm_faults.replace_with(_structured(await _object(request), Faults))
        return web.Response(status=204)


def _set(target: EventGridOptions | QueryFaults, values: Json) -> web.StreamResponse:
    changed = _structured(asdict(target) | values, type(target))
    for each in fields(target):
        setattr(target, each.name, getattr(changed, each.name))
    return web.Response(status=204)


def _structured(values: Json, kind: type[T]) -> T:
    """Return the values as a `kind`. Raises a ValueError that names every unknown field and invalid value."""
    try:
        return _CONVERTER.structure(values, kind)
    except BaseValidationError as error:
        raise ValueError("; ".join(transform_error(error, format_exception=_message))) from error


def _message(error: BaseException, kind: type | None) -> str:
    """Return the message of a ValueError, or otherwise the library's message about the expected type."""
    return str(error) if isinstance(error, ValueError) else format_exception(error, kind)


async def _object(request: web.Request) -> Json:
    body = json.loads(await request.text() or "{}")
    if not isinstance(body, dict):
        raise TypeError("the body must be an object")
    return body
