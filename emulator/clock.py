"""The emulator's clock, which may run faster than the wall's. It never sleeps by itself."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class VirtualClock:
    """Time that starts with the wall's at `origin` (unix seconds) and from then on runs `speed` times as fast."""

    speed: float = 1.0
    origin: float = field(default_factory=time.time)

    def now(self) -> datetime:
        """Return the virtual time, aware, in UTC."""
        return datetime.fromtimestamp(self.origin + (time.time() - self.origin) * self.speed, UTC)

    def real_seconds(self, virtual_seconds: float) -> float:
        """Return how many wall seconds pass while `virtual_seconds` pass here."""
        return virtual_seconds / self.speed

    def setting(self) -> str:
        """Return the clock in the form that Teal's TEAL_CLOCK setting takes: `<speed>@<origin>`."""
        return f"{self.speed:g}@{self.origin:.3f}"
