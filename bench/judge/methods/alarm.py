"""A CloudWatch-style alarm: M of the last N one-minute values above a threshold."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Alarm:
    """In alarm when `breaching` of the last `periods` values are above the threshold."""

    threshold: float = 0.01
    breaching: int = 2
    periods: int = 3
    recent: deque[bool] = field(default_factory=deque)

    def add(self, rate: float | None) -> bool:
        """Add a minute's rate (None: missing, which is not breaching) and return whether it is in alarm."""
        self.recent.append(rate is not None and rate > self.threshold)
        if len(self.recent) > self.periods:
            self.recent.popleft()
        return sum(self.recent) >= self.breaching
