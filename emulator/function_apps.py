"""`<app>.azurewebsites.net`: requests are forwarded unchanged to a local function host, if there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import ClientError, ClientSession, web

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "content-length", "content-encoding"}


@dataclass(slots=True)
class FunctionApps:
    """The local host that answers for every function app; `url` may change while the cloud runs."""

    session: ClientSession
    url: str | None = None

    def application(self) -> web.Application:
        """Return the application behind azurewebsites.net."""
        application = web.Application(client_max_size=100 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._forward)
        return application

    async def _forward(self, request: web.Request) -> web.Response:
        if self.url is None:
            return web.Response(status=404, text=f"No function host is registered for {request.host}.")
        target = self.url.rstrip("/") + request.raw_path
        headers = _end_to_end(request.headers)
        try:
            async with self.session.request(
                request.method, target, headers=headers, data=await request.read(), allow_redirects=False
            ) as answer:
                kept = _end_to_end(answer.headers)
                return web.Response(status=answer.status, body=await answer.read(), headers=kept)
        except ClientError as error:
            return web.Response(status=503, text=f"The function host at {self.url} does not respond: {error}")


def _end_to_end(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}
