"""The emulator's clock, which may run faster than the wall's. This one runs at a constant speed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

SHORTEST_WAIT = 0.01  # wall seconds: how often a waiter looks at a clock that stands still


@dataclass(slots=True)
class VirtualClock:
    """Time that starts with the wall's at `origin` (unix seconds) and from then on runs `speed` times as fast."""

    speed: float = 1.0
    origin: float = field(default_factory=time.time)

    def now(self) -> datetime:
        """Return the virtual time, aware, in UTC."""
        return datetime.fromtimestamp(self.origin + (time.time() - self.origin) * self.speed, UTC)

    def real_seconds(self, virtual_seconds: float) -> float:
        """Return the wall seconds in which `virtual_seconds` pass here at full speed; they may take longer."""
        return virtual_seconds / self.speed

    def virtual_seconds(self, real_seconds: float) -> float:
        """Return the virtual seconds that pass in `real_seconds` of the wall's clock at the present speed."""
        return real_seconds * self.speed

    async def sleep_until(self, moment: datetime) -> None:
        """Return when the virtual time has reached `moment`, however the speed changes meanwhile."""
        least = 0.0
        while (left := (moment - self.now()).total_seconds()) > 0:
            await asyncio.sleep(max(least, self.real_seconds(left)))
            least = SHORTEST_WAIT

    @contextmanager
    def work_due(self, moment: datetime) -> Iterator[None]:
        """Say that the work of this block should be done at about `moment`. A paced clock slows down for late work."""
        del moment
        yield

    def setting(self) -> str:
        """Return the clock in the form that the setting TEAL_CLOCK takes: `<speed>@<origin>`."""
        return f"{self.speed:g}@{self.origin:.3f}"
