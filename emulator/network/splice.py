"""Two connections joined: what one receives, the other sends. The bytes are opaque."""

from __future__ import annotations

import asyncio

from emulator.network.acknowledgement import acknowledge


class Splice(asyncio.Protocol):
    """One end; `other` is the transport of the other end. Back-pressure and closing are passed on."""

    def __init__(self, other: asyncio.Transport) -> None:
        self._other = other
        self._own: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep this end's transport."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # for mypy: asyncio passes a stream transport
        self._own = transport

    def data_received(self, data: bytes) -> None:
        """Pass the bytes on."""
        self._other.write(data)
        acknowledge(self._own)

    def eof_received(self) -> bool:
        """Pass the half-close on, and keep the other direction open."""
        if self._other.can_write_eof() and not self._other.is_closing():
            self._other.write_eof()
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the signature is asyncio's
        """Close the other end as well."""
        self._other.close()

    def pause_writing(self) -> None:
        """Stop reading from the other end while this end cannot send."""
        self._other.pause_reading()

    def resume_writing(self) -> None:
        """Resume reading from the other end."""
        if not self._other.is_closing():
            self._other.resume_reading()


async def splice(client: asyncio.Transport, port: int) -> None:
    """Connect `client` to the server on 127.0.0.1:`port`. Raises OSError if nothing listens there."""
    loop = asyncio.get_running_loop()
    server, _ = await loop.create_connection(lambda: Splice(client), "127.0.0.1", port)
    near = Splice(server)
    near.connection_made(client)
    client.set_protocol(near)
