"""Two connections tied together: what one receives the other sends. It never looks at the bytes."""

from __future__ import annotations

import asyncio

from emulator.network.acknowledgement import acknowledge


class Splice(asyncio.Protocol):
    """One end of the tie; `other` is the transport of the far end. Back-pressure and closing are passed on."""

    def __init__(self, other: asyncio.Transport) -> None:
        self._other = other
        self._own: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the own transport, whose reading the far end may pause."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # asyncio passes a stream transport; this tells mypy
        self._own = transport

    def data_received(self, data: bytes) -> None:
        """Pass the bytes on."""
        self._other.write(data)
        acknowledge(self._own)

    def eof_received(self) -> bool:
        """Pass the half-close on, and keep the way back open."""
        if self._other.can_write_eof() and not self._other.is_closing():
            self._other.write_eof()
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the signature is asyncio's
        """Close the far end as well."""
        self._other.close()

    def pause_writing(self) -> None:
        """Stop reading from the far end while this end cannot send."""
        self._other.pause_reading()

    def resume_writing(self) -> None:
        """Go on reading from the far end."""
        if not self._other.is_closing():
            self._other.resume_reading()


async def splice(client: asyncio.Transport, port: int) -> None:
    """Connect `client` with the server on 127.0.0.1:`port`. Raises OSError if nothing listens there."""
    loop = asyncio.get_running_loop()
    server, _ = await loop.create_connection(lambda: Splice(client), "127.0.0.1", port)
    near = Splice(server)
    near.connection_made(client)
    client.set_protocol(near)
