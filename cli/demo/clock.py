"""The demo's clock, which runs faster than the wall's: from one to the other and back. It never sleeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class FastClock:
    """Time that stood with the wall's at `origin` (unix seconds) and runs `speed` times as fast since."""

    speed: float
    origin: float

    @staticmethod
    def parse(text: str) -> FastClock:
        """Read `<speed>@<origin>`, as the emulator says it. Raises ValueError."""
        speed, origin = text.split("@")
        return FastClock(float(speed), float(origin))

    def setting(self) -> str:
        """Return the clock as the app setting TEAL_CLOCK takes it."""
        return f"{self.speed:g}@{self.origin:.3f}"

    def virtual(self, wall: float) -> datetime:
        """Return what this clock shows when the wall's shows `wall` unix seconds."""
        return datetime.fromtimestamp(self.origin + (wall - self.origin) * self.speed, UTC)

    def wall(self, virtual: datetime) -> float:
        """Return what the wall's clock shows, in unix seconds, when this one shows `virtual`."""
        return self.origin + (virtual.timestamp() - self.origin) / self.speed

    def minutes(self, seconds: float) -> float:
        """Return how many minutes pass here while `seconds` pass on the wall."""
        return seconds * self.speed / 60
