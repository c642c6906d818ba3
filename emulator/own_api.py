"""The emulator's own small API, on the proxy's address: what is there, and what may be set while it runs.

It is for people, tests and the development host; no emulated service is reached through it.
"""

from __future__ import annotations

from typing import Protocol

from aiohttp import web

from emulator.resources import Json


class Steerable(Protocol):
    """What the API shows and sets."""

    def overview(self) -> Json:
        """Return the state of things."""

    def environment(self) -> dict[str, str]:
        """Return what a client process must have in its environment."""

    async def set_functions(self, url: str | None, key: str | None) -> None:
        """Let events and azurewebsites.net go to this function host."""


def own_application(cloud: Steerable) -> web.Application:
    """Return the application."""
    api = _Api(cloud)
    application = web.Application()
    application.router.add_get("/emulator/state", api.state)
    application.router.add_get("/emulator/environment", api.environment)
    application.router.add_put("/emulator/functions", api.functions)
    return application


class _Api:
    """The handlers, around one cloud."""

    def __init__(self, cloud: Steerable) -> None:
        self._cloud = cloud

    async def state(self, _: web.Request) -> web.Response:
        return web.json_response(self._cloud.overview())

    async def environment(self, _: web.Request) -> web.Response:
        return web.json_response(self._cloud.environment())

    async def functions(self, request: web.Request) -> web.Response:
        body = await request.json()
        url, key = body.get("url"), body.get("key")
        if not (url is None or str(url).startswith("http")):
            return web.json_response({"error": "url must start with http"}, status=400)
        await self._cloud.set_functions(url, key)
        return web.Response(status=204)
