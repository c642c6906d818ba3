"""How long answers take in a world: shapes of the logarithm, what shifts it, and histograms drawn whole.

Requests are never drawn one by one. It must never know a judge; buckets are those of `shared/core/gates/latency.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from bench.judge.bursts import Series
from shared.core.gates.latency import LOG_RATIO

BUCKETS = 260  # up to about 100 seconds
EDGES: Series = np.arange(BUCKETS, dtype=np.float64) * LOG_RATIO
STRAGGLE = math.log(4.0)
PERCENTS = (50, 95, 99)


class Shape(Enum):
    """The logarithm of blue's milliseconds: weight, mean and deviation of each normal part."""

    LOGNORMAL = ((1.0, math.log(100.0), 0.5),)
    BIMODAL = ((0.7, math.log(40.0), 0.25), (0.3, math.log(200.0), 0.25))

    def below(self, log_milliseconds: Series) -> Series:
        """Return the share of answers that take no longer, for each of these."""
        return np.asarray(np.interp(log_milliseconds, _GRID, _KNOWN[self]), dtype=np.float64)


_GRID = np.linspace(-6.0, 18.0, 6001)
_KNOWN = {
    shape: np.array([sum(w * NormalDist(m, d).cdf(float(x)) for w, m, d in shape.value) for x in _GRID])
    for shape in Shape
}


@dataclass(frozen=True, slots=True)
class Latency:
    """What is true of answers' times.

    factor: green's times are so many times blue's. stragglers: this share of green's answers takes four times as long.
    shared: deviation of the logarithm that moves both arms, with a memory of about 20 minutes. arm: that of each arm's
    own, with a memory of about five.
    """

    shape: Shape = Shape.LOGNORMAL
    factor: float = 1.0
    stragglers: float = 0.0
    shared: float = 0.15
    arm: float = 0.0

    @property
    def slower(self) -> float:
        """By how much the share of green's answers behind blue's 95th percentile exceeds blue's own 5 per cent."""
        limit = np.interp(0.95, _KNOWN[self.shape], _GRID) - math.log(self.factor)
        here, there = self.shape.below(np.array([limit, limit - STRAGGLE]))
        return float(0.95 - (1.0 - self.stragglers) * here - self.stragglers * there)


def drawn(
    rng: np.random.Generator, requests: int, latency: Latency, shift: float, stragglers: float
) -> NDArray[np.int64]:
    """Return how many of so many answers fall into each bucket, all times being exp(shift) times the shape's."""
    edges = EDGES - shift
    below = latency.shape.below(edges)
    if stragglers:
        below = (1.0 - stragglers) * below + stragglers * latency.shape.below(edges - STRAGGLE)
    below[-1] = 1.0
    within = below.copy()
    within[1:] -= below[:-1]
    return rng.multinomial(requests, within)


def histogram(counts: NDArray[np.int64]) -> dict[int, int]:
    """Return how many answers each bucket holds, without those that hold none."""
    filled = np.flatnonzero(counts)
    return dict(zip(filled.tolist(), counts[filled].tolist(), strict=True))


def percentiles(counts: NDArray[np.int64]) -> dict[int, float] | None:
    """Return milliseconds by per cent, as a source would that knows no more; None without answers."""
    summed = np.cumsum(counts)
    total = int(summed[-1])
    if not total:
        return None
    found = {}
    for percent in PERCENTS:
        wanted = percent / 100.0 * total
        at = int(np.searchsorted(summed, wanted))
        within = 1.0 - (float(summed[at]) - wanted) / float(counts[at])
        found[percent] = math.exp((at - 1 + within) * LOG_RATIO)
    return found
