"""The host's HTTP server on 127.0.0.1: routes each request to its handler. Plain HTTP, no TLS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from cli.host import paths

if TYPE_CHECKING:
    from cli.host.admin import Admin
    from cli.host.event_grid import EventGridWebhook
    from cli.host.http_trigger import HttpTriggers

BODY_LIMIT = 100 * 1024 * 1024  # bytes; the real host's default
BODY_LIMIT_SETTING = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"


@dataclass(frozen=True, slots=True)
class Fronts:
    """The handlers behind the server: functions, webhook and admin API. body_limit: largest body, in bytes."""

    http: HttpTriggers
    event_grid: EventGridWebhook
    admin: Admin
    body_limit: int = BODY_LIMIT

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request: 400 for a path that no server accepts, 500 for a body beyond the limit."""
        try:
            path = paths.normalised(request.rel_url.raw_path)
        except ValueError:
            return web.Response(status=400)
        if (request.content_length or 0) > self.body_limit:
            return web.Response(status=500)
        if path != request.rel_url.raw_path:
            request = request.clone(rel_url=request.rel_url.with_path(path, encoded=True, keep_query=True))
        try:
            return await self._answer(request)
        except web.HTTPRequestEntityTooLarge:  # sent in chunks, so that its length was not known
            return web.Response(status=500)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.lower().rstrip("/")
        if path == "/admin" or path.startswith("/admin/"):
            return await self.admin.handle(request)
        if path == "/runtime/webhooks/eventgrid":
            return await self.event_grid.handle(request)
        if path.startswith("/runtime/"):
            return web.Response(status=501, text=f"{request.path} is not emulated by the development host")
        answer = await self.http.handle(request)
        if answer.status == 404 and not path and request.method in {"GET", "HEAD"}:
            return web.Response(text="Your function app is up and running on the development host")
        return answer


class Server:
    """Listens on one port."""

    def __init__(self, fronts: Fronts) -> None:
        app = web.Application(client_max_size=fronts.body_limit)
        app.router.add_route("*", "/{path:.*}", fronts.handle)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1)

    async def start(self, port: int) -> int:
        """Listen and return the port; 0 picks a free one. Raises OSError if the port is in use."""
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", port)
        await self._site.start()
        bound: int = self._runner.addresses[0][1]
        return bound

    async def refuse(self) -> None:
        """Accept no new connections; requests in progress continue."""
        await self._site.stop()

    async def stop(self) -> None:
        """Close the server and its connections."""
        await self._runner.cleanup()
