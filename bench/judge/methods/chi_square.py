"""The multinomial test of equality that people run on predictions at every look: pooled counts so far, each minute.

Its null is that green predicts every class exactly as often as blue. Nothing pays for looking again and again; steps
are taken by the clock.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import NormalDist

from bench.judge.methods.common_loop import STEPS
from bench.judge.minute import ROLL_BACK, Minute, Move, Status


@dataclass(slots=True)
class ChiSquare:
    """significance: p-value under which green is rolled back. interval: minutes a step."""

    significance: float = 0.01
    interval: int = 5
    elapsed: int = 0
    green: Counter[str] = field(default_factory=Counter)
    blue: Counter[str] = field(default_factory=Counter)

    @property
    def first_weight(self) -> int:
        """The first step's share."""
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
        weight = STEPS[self.elapsed // self.interval]
        return Move(weight, Status.PROMOTED if weight == 100 else Status.RUNNING)


def statistic(one: Counter[str], other: Counter[str]) -> float:
    """Return Pearson's statistic of homogeneity of two tables of counts; 0 if either is empty."""
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
    """Return the value that chi-square exceeds with this chance, by Wilson and Hilferty (to a hundredth)."""
    if freedom < 1:
        return float("inf")
    spread = 2.0 / (9.0 * freedom)
    z = -NormalDist().inv_cdf(significance)
    return float(freedom * (1.0 - spread + z * spread**0.5) ** 3)
