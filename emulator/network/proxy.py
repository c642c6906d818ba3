"""The HTTP proxy on 127.0.0.1 through which clients reach the emulated hosts, and only those.

It connects only to this process and the local storage emulator. Requests to the proxy itself
(`GET /emulator/state`) go to the admin API.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never
from weakref import WeakSet

from emulator.network.certificates import CertificateAuthority
from emulator.network.hosts import Backend, HostTable, Service, Tunnel
from emulator.network.splice import splice

HEAD_LIMIT = 65536
_END_OF_HEAD = b"\r\n\r\n"
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass(slots=True)
class Proxy:
    """The listener. `admin_api` handles requests to the proxy itself; it is set once the cloud has started."""

    hosts: HostTable
    authority: CertificateAuthority
    admin_api: Callable[[], asyncio.Protocol] | None = None
    refused: list[str] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _connections: WeakSet[asyncio.Transport] = field(default_factory=WeakSet)

    async def start(self, port: int = 0) -> int:
        """Listen on 127.0.0.1:`port` (0: any free port) and return the port."""
        self._server = await asyncio.get_running_loop().create_server(lambda: _Connection(self), "127.0.0.1", port)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def close(self) -> None:
        """Stop listening and abort open connections, because their backends would wait for them to end."""
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self._connections):
            connection.abort()

    def refuse(self, host: str) -> None:
        """Record a request for `host`, which is not emulated, for the state overview."""
        self.refused = [*self.refused[-99:], host]

    def hand_over(self, transport: asyncio.Transport, host: str, backend: Backend) -> None:
        """Connect the client with the backend for `host`; from here on the proxy's own protocol is not involved."""
        self._connections.add(transport)
        transport.pause_reading()  # otherwise TLS bytes could reach the old protocol before the new one is in place
        transport.write(_ESTABLISHED)
        task = asyncio.get_running_loop().create_task(self._connect(transport, host, backend))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, transport: asyncio.Transport, host: str, backend: Backend) -> None:
        try:
            match backend:
                case Service():
                    await self._terminate_tls(transport, host, backend)
                case Tunnel():
                    await splice(transport, backend.port)
                    transport.resume_reading()
                case _:
                    assert_never(backend)
        except OSError:  # includes ssl.SSLError: the client left, or does not trust the certificate
            transport.abort()

    async def _terminate_tls(self, transport: asyncio.Transport, host: str, service: Service) -> None:
        loop = asyncio.get_running_loop()
        handler = service.protocol()
        secured = await loop.start_tls(transport, handler, self.authority.context(host), server_side=True)
        if secured is not None:
            handler.connection_made(secured)


class _Connection(asyncio.Protocol):
    """A client's connection until its first request head has been read."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # for mypy: asyncio passes a stream transport
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        self._received += data
        if _END_OF_HEAD in self._received:
            self._read_head(self._transport)
        elif len(self._received) > HEAD_LIMIT:
            _refuse(self._transport, 431, "the request head is too long")

    def _read_head(self, transport: asyncio.Transport) -> None:
        method, _, rest = self._received.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")
        target = rest.partition(" ")[0]
        if method == "CONNECT":
            self._tunnel(transport, target)
        elif target.startswith("/") and self._proxy.admin_api is None:
            _refuse(transport, 503, "the emulator is starting")
        elif target.startswith("/") and self._proxy.admin_api:
            handler = self._proxy.admin_api()
            transport.set_protocol(handler)
            handler.connection_made(transport)
            handler.data_received(self._received)
        else:
            self._proxy.refuse(target)
            _refuse(transport, 403, f"{target} is not emulated: only HTTPS to the emulated hosts is")

    def _tunnel(self, transport: asyncio.Transport, target: str) -> None:
        host, _, port = target.rpartition(":")
        backend = self._proxy.hosts.resolve(host) if port == "443" else None
        if backend is None:
            self._proxy.refuse(target)
            _refuse(transport, 403, f"{target} is not emulated, and nothing leaves this machine")
        else:
            self._proxy.hand_over(transport, host.lower(), backend)


def _refuse(transport: asyncio.Transport, status: int, message: str) -> None:
    body = json.dumps({"error": {"code": "HostNotEmulated", "message": message}}).encode()
    head = (
        f"HTTP/1.1 {status} {message.splitlines()[0]}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    transport.write(head.encode("latin-1", "replace") + body)
    transport.close()
