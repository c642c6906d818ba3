"""How fast the demo's clock really runs. It slows down while this machine is busy, and the demo says so."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

WINDOW = 10.0  # wall seconds over which the speed is taken
SLOWED, RECOVERED = 0.6, 0.8  # shares of the full speed


@dataclass(slots=True)
class Pace:
    """The clock's speed over the last seconds, from looks at both clocks. slowed: whether the screen says so."""

    full_speed: float
    slowed: bool = False
    _looks: deque[tuple[float, float]] = field(default_factory=deque)

    @property
    def speed(self) -> float:
        """How many times as fast as the wall's the clock ran over the last seconds."""
        if len(self._looks) < 2:
            return self.full_speed
        (wall, virtual), (wall_now, virtual_now) = self._looks[0], self._looks[-1]
        return (virtual_now - virtual) / (wall_now - wall)

    def note(self, wall: float, virtual: float) -> str | None:
        """Take in what both clocks show (seconds); return what to tell if the clock has slowed down or recovered."""
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
