"""The two-proportion z-test as commonly run: on pooled counts so far, one-sided, every minute.

There is no correction for repeated looks. Steps are taken by the clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from bench.judge.methods.schedule import STEPS, on_schedule
from bench.judge.minute import ROLL_BACK, Minute, Move


@dataclass(slots=True)
class ZTest:
    """significance: the one-sided p-value below which green is rolled back. interval: minutes per step."""

    significance: float = 0.01
    interval: int = 5
    elapsed: int = 0
    green_bad: int = 0
    green_total: int = 0
    blue_bad: int = 0
    blue_total: int = 0

    @property
    def first_weight(self) -> int:
        """The first step's weight."""
        return STEPS[0]

    def observe(self, minute: Minute | None) -> Move:
        """Add the minute and test again."""
        if minute is not None:
            self.green_bad += minute.green_bad
            self.green_total += minute.green_total
            self.blue_bad += minute.blue_bad
            self.blue_total += minute.blue_total
        if self._z() > -NormalDist().inv_cdf(self.significance):
            return ROLL_BACK
        self.elapsed += 1
        return on_schedule(self.elapsed, self.interval)

    def _z(self) -> float:
        """Return the z statistic of green's failure rate against blue's; 0 where it is undefined."""
        if not self.green_total or not self.blue_total:
            return 0.0
        pooled = (self.green_bad + self.blue_bad) / (self.green_total + self.blue_total)
        variance = pooled * (1.0 - pooled) * (1.0 / self.green_total + 1.0 / self.blue_total)
        difference = self.green_bad / self.green_total - self.blue_bad / self.blue_total
        return difference / math.sqrt(variance) if variance > 0 else 0.0
