"""Which host names exist, and which backend answers for each. A name outside this table does not exist."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Service:
    """A backend in this process: the proxy terminates TLS, and `protocol` creates an HTTP handler per connection."""

    name: str
    protocol: Callable[[], asyncio.Protocol]


@dataclass(frozen=True, slots=True)
class Tunnel:
    """A backend in another process, which terminates TLS itself: the bytes go to this port of 127.0.0.1."""

    name: str
    port: int


Backend = Service | Tunnel


@dataclass(slots=True)
class HostTable:
    """Host name patterns (regular expressions that must match the whole lower-case name) and their backends."""

    _rows: list[tuple[re.Pattern[str], Backend]] = field(default_factory=list)

    def add(self, pattern: str, backend: Backend) -> None:
        """Let `backend` answer for every host name that `pattern` matches. Earlier rows win."""
        self._rows.append((re.compile(pattern), backend))

    def resolve(self, host: str) -> Backend | None:
        """Return the backend for `host`, or None if the host is not emulated."""
        return next((backend for pattern, backend in self._rows if pattern.fullmatch(host.lower())), None)

    def names(self) -> dict[str, str]:
        """Return the name of the backend by pattern, for people to read."""
        return {pattern.pattern.replace("\\", ""): backend.name for pattern, backend in self._rows}
