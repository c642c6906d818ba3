"""How long requests take in a world: distributions of the logarithm, shifts of it, and histograms.

A histogram is drawn as a whole, not request by request. Its buckets are the core's `latency_buckets`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from bench.judge.bursts import Series
from shared.core.telemetry.latency_buckets import LOG_RATIO

BUCKETS = 260  # up to about 100 seconds
EDGES: Series = np.arange(BUCKETS, dtype=np.float64) * LOG_RATIO
STRAGGLER_SHIFT = math.log(4.0)
PERCENTS = (50, 95, 99)


class Shape(Enum):
    """The logarithm of blue's milliseconds as a mixture of normal distributions: weight, mean, standard deviation."""

    LOGNORMAL = ((1.0, math.log(100.0), 0.5),)
    BIMODAL = ((0.7, math.log(40.0), 0.25), (0.3, math.log(200.0), 0.25))

    def below(self, log_milliseconds: Series) -> Series:
        """Return the share of requests (0 to 1) that take at most this long, for each of these logarithms."""
        return np.asarray(np.interp(log_milliseconds, _GRID, _DISTRIBUTION[self]), dtype=np.float64)


_GRID = np.linspace(-6.0, 18.0, 6001)
_DISTRIBUTION = {
    shape: np.array([sum(w * NormalDist(m, d).cdf(float(x)) for w, m, d in shape.value) for x in _GRID])
    for shape in Shape
}


@dataclass(frozen=True, slots=True)
class Latency:
    """The true latency in a world.

    factor: how many times as long green takes. stragglers: the share of green's answers that take four times as long.
    shared: standard deviation of the logarithm by which both deployments shift together, with a memory of about 20
    minutes. own: the same for each deployment by itself, with a memory of about five.
    """

    shape: Shape = Shape.LOGNORMAL
    factor: float = 1.0
    stragglers: float = 0.0
    shared: float = 0.15
    own: float = 0.0

    @property
    def slower(self) -> float:
        """The share (0 to 1), beyond 5 %, of green's responses that are slower than blue's 95th percentile."""
        limit = np.interp(0.95, _DISTRIBUTION[self.shape], _GRID) - math.log(self.factor)
        here, there = self.shape.below(np.array([limit, limit - STRAGGLER_SHIFT]))
        return float(0.95 - (1.0 - self.stragglers) * here - self.stragglers * there)


def bucket_counts(
    rng: np.random.Generator, requests: int, latency: Latency, shift: float, stragglers: float
) -> NDArray[np.int64]:
    """Return how many requests fall into each bucket. Every duration is exp(shift) times the shape's."""
    edges = EDGES - shift
    below = latency.shape.below(edges)
    if stragglers:
        below = (1.0 - stragglers) * below + stragglers * latency.shape.below(edges - STRAGGLER_SHIFT)
    below[-1] = 1.0
    within = below.copy()
    within[1:] -= below[:-1]
    return rng.multinomial(requests, within)


def histogram(counts: NDArray[np.int64]) -> dict[int, int]:
    """Return the number of requests in each bucket that has any."""
    filled = np.flatnonzero(counts)
    return dict(zip(filled.tolist(), counts[filled].tolist(), strict=True))


def percentiles(counts: NDArray[np.int64]) -> dict[int, float] | None:
    """Return the percentiles in milliseconds that a percentile source would report; None without requests."""
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
