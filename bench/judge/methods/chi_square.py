"""The chi-square test of homogeneity as commonly run on predictions: on pooled counts so far, every minute.

Its null hypothesis is that green predicts every class exactly as often as blue. There is no correction for repeated
looks. Steps are taken by the clock.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import NormalDist

from bench.judge.methods.schedule import STEPS, on_schedule
from bench.judge.minute import ROLL_BACK, Minute, Move


@dataclass(slots=True)
class ChiSquare:
    """significance: the p-value below which green is rolled back. interval: minutes per step."""

    significance: float = 0.01
    interval: int = 5
    elapsed: int = 0
    green: Counter[str] = field(default_factory=Counter)
    blue: Counter[str] = field(default_factory=Counter)

    @property
    def first_weight(self) -> int:
        """The first step's weight."""
        return STEPS[0]

    def observe(self, minute: Minute | None) -> Move:
        """Add the minute's predictions and test again."""
        if minute is not None and minute.rows is not None:
            green, blue = minute.rows
            self.green.update(green.predictions or {})
            self.blue.update(blue.predictions or {})
        if statistic(self.green, self.blue) > critical(len(+self.green | +self.blue) - 1, self.significance):
            return ROLL_BACK
        self.elapsed += 1
        return on_schedule(self.elapsed, self.interval)


def statistic(one: Counter[str], other: Counter[str]) -> float:
    """Return Pearson's chi-square statistic of homogeneity of two samples of counts; 0 if either is empty."""
    n, m = one.total(), other.total()
    if not n or not m:
        return 0.0
    found = 0.0
    for label in one.keys() | other.keys():
        together = one[label] + other[label]
        for seen, size in ((one[label], n), (other[label], m)):
            expected = together * size / (n + m)
            found += (seen - expected) ** 2 / expected if expected else 0.0
    return found


def critical(freedom: int, significance: float) -> float:
    """Return chi-square's critical value for these degrees of freedom (Wilson and Hilferty, within a hundredth)."""
    if freedom < 1:
        return float("inf")
    spread = 2.0 / (9.0 * freedom)
    z = -NormalDist().inv_cdf(significance)
    return float(freedom * (1.0 - spread + z * spread**0.5) ** 3)
