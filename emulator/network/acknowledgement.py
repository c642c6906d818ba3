"""Prompt TCP acknowledgements for clients that come through the proxy.

Python's most popular HTTP client leaves Nagle's algorithm on when it uses a proxy, and sends head and body separately.
The body then waits until the head is acknowledged, which Linux delays by 40 ms: every POST would take that long.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

from aiohttp import web

_QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux only; not needed elsewhere


def acknowledge(transport: asyncio.BaseTransport | None) -> None:
    """Acknowledge received data immediately."""
    connection = transport.get_extra_info("socket") if transport else None
    if _QUICK_ACK is not None and connection is not None:
        connection.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)


@web.middleware
async def acknowledge_head(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Acknowledge the request's head before waiting for the body."""
    acknowledge(request.transport)
    return await handler(request)
