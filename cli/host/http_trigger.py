"""HTTP triggers: finds the function for a request, checks its key, runs it, answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from cli.host import http_values, keys, routes
from cli.host.metadata import FunctionMetadata, kind
from cli.host.worker import InvocationFailedError, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azure.functions.meta import Datum

    from cli.host.dispatcher import Dispatcher


class HttpTriggers:
    """The HTTP functions of an app behind their routes."""

    def __init__(
        self, functions: Sequence[FunctionMetadata], prefix: str, access: keys.Keys, dispatcher: Dispatcher
    ) -> None:
        self._keys = access
        self._dispatcher = dispatcher
        entries = [(routes.compile_route(template(function, prefix)), function) for function in functions]
        self._routes = sorted(entries, key=lambda entry: entry[0].precedence)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a request: 404 if no route matches its path and method, 401 without the key, 500 on failure."""
        found = self._find(request)
        if found is None:
            return web.Response(status=404)
        function, parameters = found
        if not self._is_allowed(function, keys.given(request.headers, request.query)):
            return web.Response(status=401)
        datum = http_values.request_datum(request, parameters, await request.read())
        try:
            outcome = await self._dispatcher.run(function, datum)
        except InvocationFailedError:
            return web.Response(status=500)
        return http_values.response(_result(function, outcome))

    def _find(self, request: web.Request) -> tuple[FunctionMetadata, dict[str, str]] | None:
        path = request.rel_url.raw_path
        for route, function in self._routes:
            methods = {method.upper() for method in function.trigger.get("methods") or []}
            parameters = route.match(path) if not methods or request.method in methods else None
            if parameters is not None:
                return function, parameters
        return None

    def _is_allowed(self, function: FunctionMetadata, given: str | None) -> bool:
        level = str(function.trigger.get("authLevel") or "function").lower()
        if level == "anonymous":
            return True
        return self._keys.opens_admin(given) if level == "admin" else self._keys.opens_function(given, function.name)


def template(function: FunctionMetadata, prefix: str) -> str:
    """Return the function's full route template, including the prefix."""
    return f"{prefix}/{str(function.trigger.get('route') or function.name).strip('/')}".strip("/")


def _result(function: FunctionMetadata, outcome: Outcome) -> Datum | None:
    name = next((str(binding["name"]) for binding in function.bindings if kind(binding) == "http"), "")
    return outcome.returned if name == "$return" else outcome.outputs.get(name)
