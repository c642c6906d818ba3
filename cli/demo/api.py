"""A client for Teal's HTTP API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp

Json = dict[str, Any]


class ApiError(Exception):
    """Teal returned an error; the message has its status and text."""


@dataclass(frozen=True, slots=True)
class TealApi:
    """The API at `url`, called with the function key `key`."""

    session: aiohttp.ClientSession
    url: str
    key: str

    async def rollouts(self, endpoint: str) -> list[Json]:
        """Return the newest rollouts of an endpoint, newest first."""
        return list((await self._call("GET", f"?endpoint={endpoint}"))["rollouts"])

    async def rollout(self, endpoint: str, identity: str) -> Json:
        """Return one rollout with its history."""
        return await self._call("GET", f"/{endpoint}/{identity}")

    async def evidence(self, endpoint: str, identity: str) -> list[Json]:
        """Return every gate's readings after each minute of a rollout, oldest first."""
        return list((await self._call("GET", f"/{endpoint}/{identity}?evidence=true&minutes=1500"))["evidence"])

    async def ask(self, endpoint: str, verb: str, by: str, reason: str) -> Json:
        """Request promote, pause, resume or rollback; return the rollout. Raises ApiError."""
        return await self._call("POST", f"/{endpoint}/{verb}", {"by": by, "reason": reason})

    async def _call(self, method: str, path: str, body: Json | None = None) -> Json:
        url = f"{self.url}/api/rollouts{path}"
        headers = {"x-functions-key": self.key}
        async with self.session.request(method, url, json=body, headers=headers) as answer:
            if answer.status >= 400:
                raise ApiError(f"{method} {url} answered {answer.status}: {(await answer.text())[:500]}")
            return dict(await answer.json())
