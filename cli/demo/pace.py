"""The actual speed of the demo's clock. It slows down while this machine is busy, and the demo reports that."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

WINDOW = 10.0  # wall seconds over which the speed is measured
SLOWED, RECOVERED = 0.6, 0.8  # shares of the full speed


@dataclass(slots=True)
class Pace:
    """The clock's recent speed, from readings of both clocks. slowed: whether the screen says that it is slow."""

    full_speed: float
    slowed: bool = False
    _looks: deque[tuple[float, float]] = field(default_factory=deque)

    @property
    def speed(self) -> float:
        """The clock's speed over the last seconds, as a multiple of wall time."""
        if len(self._looks) < 2:
            return self.full_speed
        (wall, virtual), (wall_now, virtual_now) = self._looks[0], self._looks[-1]
        return (virtual_now - virtual) / (wall_now - wall)

    def note(self, wall: float, virtual: float) -> str | None:
        """Record both clocks' readings (seconds); return a message if the clock has slowed down or recovered."""
        self._looks.append((wall, virtual))
        while len(self._looks) > 2 and self._looks[1][0] <= wall - WINDOW:
            self._looks.popleft()
        if self._looks[0][0] > wall - WINDOW:
            return None
        share = self.speed / self.full_speed
        if not self.slowed and share < SLOWED:
            self.slowed = True
            return f"this machine is busy: running at {self.speed:.0f}x"
        if self.slowed and share > RECOVERED:
            self.slowed = False
            return f"running at {self.speed:.0f}x again"
        return None
