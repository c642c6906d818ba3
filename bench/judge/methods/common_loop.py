"""The widely copied loop: every five minutes, roll back if green's error rate is over 1 %, else take the next step.

It has no baseline and no minimum sample size; a window without requests passes. It ends at 100 percent.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.judge.methods.schedule import STEPS, on_schedule
from bench.judge.minute import ROLL_BACK, Minute, Move


@dataclass(slots=True)
class CommonLoop:
    """threshold: the error rate of green over the last `interval` minutes that rolls back.

    slower_than: the maximum ratio of green's 95th percentile to blue's, averaged over these minutes (None: off).
    green_time, blue_time: the sums of these percentiles, in milliseconds.
    """

    threshold: float = 0.01
    interval: int = 5
    slower_than: float | None = None
    elapsed: int = 0
    bad: int = 0
    total: int = 0
    green_time: float = 0.0
    blue_time: float = 0.0

    @property
    def first_weight(self) -> int:
        """The first step's weight."""
        return STEPS[0]

    def observe(self, minute: Minute | None) -> Move:
        """Add the minute to the window; decide at the end of the window."""
        self.elapsed += 1
        if minute is not None:
            self._add(minute)
        if self.elapsed % self.interval == 0:
            rate = self.bad / self.total if self.total else 0.0
            if rate > self.threshold or self._slow():
                return ROLL_BACK
            self.bad = self.total = 0
            self.green_time = self.blue_time = 0.0
        return on_schedule(self.elapsed, self.interval)

    def _add(self, minute: Minute) -> None:
        self.bad += minute.green_bad
        self.total += minute.green_total
        green, blue = minute.percentile(95)
        if green is not None and blue is not None:
            self.green_time += green
            self.blue_time += blue

    def _slow(self) -> bool:
        return self.slower_than is not None and self.green_time > self.slower_than * self.blue_time
