"""The emulator's clock, which may run faster than the wall clock. This one has a constant speed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

SHORTEST_WAIT = 0.01  # wall seconds between reads of a clock that has stopped


@dataclass(slots=True)
class VirtualClock:
    """Time that equals wall time at `origin` (unix seconds) and then runs `speed` times as fast."""

    speed: float = 1.0
    origin: float = field(default_factory=time.time)

    def now(self) -> datetime:
        """Return the virtual time, aware, in UTC."""
        return datetime.fromtimestamp(self.origin + (time.time() - self.origin) * self.speed, UTC)

    def real_seconds(self, virtual_seconds: float) -> float:
        """Convert virtual seconds to wall seconds at full speed; the actual wait may be longer."""
        return virtual_seconds / self.speed

    def virtual_seconds(self, real_seconds: float) -> float:
        """Convert wall seconds to virtual seconds at the current speed."""
        return real_seconds * self.speed

    async def sleep_until(self, moment: datetime) -> None:
        """Sleep until the virtual time reaches `moment`, even if the speed changes."""
        least = 0.0
        while (left := (moment - self.now()).total_seconds()) > 0:
            await asyncio.sleep(max(least, self.real_seconds(left)))
            least = SHORTEST_WAIT

    @contextmanager
    def work_due(self, moment: datetime) -> Iterator[None]:
        """Declare that this block's work is due at `moment`. A paced clock slows down for late work."""
        del moment
        yield

    def setting(self) -> str:
        """Return the value of TEAL_CLOCK for this clock: `<speed>@<origin>`."""
        return f"{self.speed:g}@{self.origin:.3f}"
