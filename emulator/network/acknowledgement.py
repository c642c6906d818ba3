"""Prompt TCP acknowledgements to clients that come through the proxy.

Python's most used HTTP client leaves Nagle's algorithm on when it talks through a proxy, and sends head and body apart.
So the body waits for the head's acknowledgement, which Linux delays by 40 ms: every POST would take that long.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

from aiohttp import web

_QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux only; elsewhere there is nothing to do


def acknowledge(transport: asyncio.BaseTransport | None) -> None:
    """Acknowledge now what has been received, instead of in a while."""
    if _QUICK_ACK is None or transport is None:
        return
    own = transport.get_extra_info("socket")
    if own is not None:
        own.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)


@web.middleware
async def acknowledge_head(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Acknowledge the request's head before the body is waited for."""
    acknowledge(request.transport)
    return await handler(request)
