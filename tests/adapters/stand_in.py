"""Scripted answers behind Azure's host names, for faults and odd responses that the emulator cannot produce.

TLS, proxy and host names are the emulator's; only the responses come from the test.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from azure.core.credentials import AccessToken

from emulator.environment import client_environment
from emulator.identity.tokens import Principal
from emulator.network.certificates import CertificateAuthority
from emulator.network.hosts import HostTable, Service
from emulator.network.proxy import Proxy

TOKEN = "a-token-that-must-not-be-seen"
FAR = 2**31


class Credential:
    """A credential that always returns the same token."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:  # noqa: ANN401  # as azure-core's protocol has it
        return AccessToken(TOKEN, FAR)


@dataclass(frozen=True, slots=True)
class Reply:
    """A response. status 0: drop the connection instead. body: sent unchanged if bytes or text, else as JSON.

    delay: seconds before it is sent.
    """

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0


DROPPED = Reply(0)


@dataclass(frozen=True, slots=True)
class TelemetryQuery:
    """A received request."""

    method: str
    url: str
    headers: dict[str, str]
    body: Any


@dataclass(slots=True)
class StandIn:
    """The replies to send, in order (the last one repeats), and the requests received.

    known: the replies by address without its query; if there are any, everything else is a 404.
    """

    replies: list[Reply] = field(default_factory=lambda: [Reply()])
    asked: list[TelemetryQuery] = field(default_factory=list)
    known: dict[str, Reply] = field(default_factory=dict)

    def answer(self, *replies: Reply) -> None:
        """Set the replies from now on."""
        self.replies, self.asked, self.known = list(replies), [], {}

    def know(self, known: dict[str, object]) -> None:
        """Answer with these bodies, by address without its query, and 404 for every other address."""
        self.asked, self.known = [], {address: Reply(body=body) for address, body in known.items()}

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Record the request and send the next reply."""
        text = (await request.read()).decode()
        body = json.loads(text) if text.startswith(("{", "[")) else text
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(TelemetryQuery(request.method, f"https://{request.host}{request.path_qs}", headers, body))
        reply = self._reply(f"https://{request.host}{request.path}")
        await asyncio.sleep(reply.delay)
        if not reply.status:
            assert request.transport is not None
            request.transport.abort()
        headers = {"Content-Type": "application/json"} | reply.headers
        return web.Response(status=reply.status or 500, body=_bytes(reply.body), headers=headers)

    def _reply(self, address: str) -> Reply:
        if self.known:
            return self.known.get(address, Reply(404, {"error": {"code": "ResourceNotFound", "message": address}}))
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def _bytes(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


@contextmanager
def standing_in(directory: Path) -> Iterator[tuple[StandIn, dict[str, str]]]:
    """Answer for all of Azure's host names during the block; also yield the environment that routes clients there."""
    script, authority, hosts = StandIn(), CertificateAuthority(directory), HostTable()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="stand-in")
    thread.start()
    try:
        proxy, runner, port = asyncio.run_coroutine_threadsafe(_start(script, authority, hosts), loop).result(60)
        yield script, client_environment(f"http://127.0.0.1:{port}", authority.bundle, Principal.generate())
        asyncio.run_coroutine_threadsafe(_stop(proxy, runner), loop).result(60)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


async def _start(
    script: StandIn, authority: CertificateAuthority, hosts: HostTable
) -> tuple[Proxy, web.ServerRunner, int]:
    server = web.Server(script.handle)
    runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    hosts.add(r".*", Service("stand-in", server))
    proxy = Proxy(hosts, authority, server)
    return proxy, runner, await proxy.start()


async def _stop(proxy: Proxy, runner: web.ServerRunner) -> None:
    await proxy.close()
    await runner.cleanup()
