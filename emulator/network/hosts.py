"""Which host names exist, and what answers behind each. A name that is not in this table does not exist."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Service:
    """Answered in this process: TLS ends in the proxy, and `protocol` makes one HTTP handler per connection."""

    name: str
    protocol: Callable[[], asyncio.Protocol]


@dataclass(frozen=True, slots=True)
class Tunnel:
    """Answered by another process that ends TLS itself: the bytes go to this port of 127.0.0.1."""

    name: str
    port: int


Answerer = Service | Tunnel


@dataclass(slots=True)
class HostTable:
    """Host name patterns (regular expressions over the whole lower-case name) and what answers for them."""

    _rows: list[tuple[re.Pattern[str], Answerer]] = field(default_factory=list)

    def add(self, pattern: str, answerer: Answerer) -> None:
        """Let `answerer` answer for every name that `pattern` matches in full. Earlier rows win."""
        self._rows.append((re.compile(pattern), answerer))

    def resolve(self, host: str) -> Answerer | None:
        """Return what answers for `host`, or None if no such host is emulated."""
        return next((answerer for pattern, answerer in self._rows if pattern.fullmatch(host.lower())), None)

    def names(self) -> dict[str, str]:
        """Return the service behind each pattern, for people to read."""
        return {pattern.pattern.replace("\\", ""): answerer.name for pattern, answerer in self._rows}
