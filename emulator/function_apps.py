"""`<app>.azurewebsites.net`: passed on to a local function host, if one is known. It changes nothing on the way."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import ClientError, ClientSession, web

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "upgrade", "content-length", "content-encoding"}
)


@dataclass(slots=True)
class FunctionApps:
    """The local host that answers for every function app; `url` may be set while the cloud runs."""

    session: ClientSession
    url: str | None = None

    def application(self) -> web.Application:
        """Return the application that answers for azurewebsites.net."""
        application = web.Application(client_max_size=100 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        return application

    async def _pass_on(self, request: web.Request) -> web.Response:
        if self.url is None:
            return web.Response(status=404, text=f"No function host is known for {request.host}.")
        headers = {key: value for key, value in request.headers.items() if key.lower() not in _HOP_BY_HOP}
        target = self.url.rstrip("/") + request.raw_path
        try:
            async with self.session.request(
                request.method, target, headers=headers, data=await request.read(), allow_redirects=False
            ) as answer:
                kept = {key: value for key, value in answer.headers.items() if key.lower() not in _HOP_BY_HOP}
                return web.Response(status=answer.status, body=await answer.read(), headers=kept)
        except ClientError as error:
            return web.Response(status=503, text=f"The function host at {self.url} does not answer: {error}")
