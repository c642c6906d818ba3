"""What the real host requires of each kind of binding. Each check yields (problem, remedy)."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING

from cli.host import routes, schedule
from cli.host.metadata import FunctionMetadata, Json, kind
from cli.host.settings import MissingSettingError, connection, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Finding = tuple[str, str]

_QUEUE_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*")
_STORAGE = "AzureWebJobsStorage"
_METHODS = {"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "TRACE", "CONNECT"}


def _http_trigger(binding: Json, _settings: Mapping[str, str]) -> Iterator[Finding]:
    route = str(binding.get("route") or "")
    try:
        routes.compile_route(route)
    except (ValueError, re.error) as error:
        yield (
            f"the route {route!r} cannot be used: {error}",
            "literals and parameters like {id}, {id?}, {id:int}, {*rest}",
        )
    if re.match(r"/?(?:admin|runtime)", route, re.IGNORECASE):  # also `administer`: "conflicts with built in routes"
        yield f"the route {route!r} is reserved", "a route must not start with admin or runtime"
    unknown = {method.upper() for method in binding.get("methods") or []} - _METHODS
    if unknown:
        yield f"unknown HTTP methods: {', '.join(sorted(unknown))}", f"any of {', '.join(sorted(_METHODS))}"


def _timer_trigger(binding: Json, settings: Mapping[str, str]) -> Iterator[Finding]:
    text = str(binding.get("schedule") or "")
    try:
        schedule.parse(resolve(text, settings))
    except (ValueError, MissingSettingError) as error:
        yield f"the schedule {text!r} cannot be used: {error}", "NCRONTAB like '0 */5 * * * *', or 00:05:00"
    if not connection("Storage", settings):
        yield (
            f"a timer needs {_STORAGE}, which is not set",
            f"set {_STORAGE}, or {_STORAGE}__accountName and __credential",
        )


def _queue_output(binding: Json, settings: Mapping[str, str]) -> Iterator[Finding]:
    # The real host resolves the name only when there is something to send.
    source = str(binding.get("connection") or _STORAGE)
    if not connection(source, settings):
        yield f"the connection {source} is not set", f"set {source} (a connection string), or {source}__accountName"


def _queue(binding: Json, settings: Mapping[str, str]) -> Iterator[Finding]:
    text = str(binding.get("queueName") or "")
    try:
        name = resolve(text, settings)
    except MissingSettingError as error:
        yield f"the queue name {text!r} cannot be used: {error}", "set it"
    else:
        if not _QUEUE_NAME.fullmatch(name):
            yield (
                f"{name!r} is not a valid queue name",
                "3 to 63 lower-case letters, digits and single inner dashes",
            )
    yield from _queue_output(binding, settings)


def _nothing(_binding: Json, _settings: Mapping[str, str]) -> Iterator[Finding]:
    yield from ()


CHECKS: dict[str, Callable[[Json, Mapping[str, str]], Iterator[Finding]]] = {
    "httptrigger": _http_trigger,
    "http": _nothing,
    "timertrigger": _timer_trigger,
    "queuetrigger": _queue,
    "queue": _queue_output,
    "eventgridtrigger": _nothing,
}


def route_conflicts(functions: Iterable[FunctionMetadata]) -> Iterator[tuple[str, str, str]]:
    """Yield (function, problem, remedy) for each pair of functions that share a route and a method."""
    claims = [(function.name, *_claim(function)) for function in functions if _is_http(function)]
    for (first, route, methods), (second, other, others) in combinations(claims, 2):
        if route == other and methods & others:
            yield second, f"it has the route {route!r} of {first}", "routes are unique for each method"


def _is_http(function: FunctionMetadata) -> bool:
    return any(kind(trigger) == "httptrigger" for trigger in function.triggers)


def _claim(function: FunctionMetadata) -> tuple[str, set[str]]:
    trigger = next(trigger for trigger in function.triggers if kind(trigger) == "httptrigger")
    methods = {method.upper() for method in trigger.get("methods") or _METHODS}
    return str(trigger.get("route") or function.name).strip("/").lower(), methods
