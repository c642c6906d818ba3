"""Reads that show an old state: Azure Resource Manager answers from caches after a write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class StaleReads:
    """What reads of each address show. stale: how many reads do not show a change yet.

    hidden: whether running operations are invisible. busy: whether there are any.
    """

    stale: int = 0
    hidden: bool = False
    busy: Callable[[], bool] = lambda: False
    reads: int = 0
    known: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)

    def shown(self, url: str, now: bytes) -> bytes:
        """Return what a read of this address shows, given the current state."""
        self.reads += 1
        known = self.known.setdefault(url, [])
        if not known:
            known.append((0, now))
        elif known[-1][1] != now and not (self.hidden and self.busy()):
            known.append((self.reads + self.stale, now))
        visible = [state for since, state in known if since <= self.reads]
        return visible[-1]

    def current(self) -> None:
        """Show the current state of everything from now on."""
        self.stale, self.hidden = 0, False
        self.known.clear()
