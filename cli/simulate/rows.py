"""A deployment's minute drawn at random: failures, refusals, and how long the good answers took.

Times are log-normal; a deployment's median is somewhat different in each minute, for itself alone. They are counted
in the traffic log's own buckets, or told as percentiles as the platform's metrics do. It must never know whose minute
it draws, or what is made of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cli.simulate.profile import Answering, Latency
from shared.core.observation import DeploymentMinute
from shared.core.policy import Source
from shared.core.telemetry import source_kind
from shared.core.telemetry.latency_buckets import LOG_RATIO

PERCENTILES = (50, 90, 95, 99)
PARTS = 32  # of a bucket, to which a median is rounded: 0.14 %
REACH = 5.0  # standard deviations; what is further out is in the outermost buckets
LEAST_SPREAD, LEAST_MEDIAN = 0.005, 0.01


@dataclass(frozen=True, slots=True)
class Rows:
    """Draws minutes. told: how latency is seen, as the log or as metrics do; None if nobody asks for it."""

    generator: np.random.Generator
    latency: Latency
    told: Source | None

    def row(self, name: str, minute: datetime, total: int, how: Answering) -> DeploymentMinute | None:
        """Return a minute with so many requests; None without any."""
        if not total:
            return None
        bad = int(self.generator.binomial(total, how.errors)) if how.errors else 0
        refused = int(self.generator.binomial(total - bad, how.refused_of_rest)) if how.client_errors else 0
        slow, percentiles = self.times(total - bad - refused, how.median)
        return DeploymentMinute(name, minute, total, bad, refused, slow, percentiles)

    def times(self, good: int, median: float) -> tuple[dict[int, int] | None, dict[int, float] | None]:
        """Return how long so many good answers took, by bucket or by percentile, as it is told."""
        if self.told is None:
            return None, None
        noise = self.latency.noise
        at = median * math.exp(noise * self.generator.standard_normal()) if noise else median
        found = slowness(self.generator, good, at, self.latency.spread)
        return (found, None) if source_kind(self.told).counts_latency else (None, percentiles_of(found))


def slowness(generator: np.random.Generator, total: int, median: float, spread: float) -> dict[int, int]:
    """Return how many of so many log-normal times (median in ms) fall into which bucket of latency."""
    place = math.log(max(median, LEAST_MEDIAN)) / LOG_RATIO
    whole = math.floor(place)
    first, shares = _shares(max(spread, LEAST_SPREAD), round((place - whole) * PARTS))
    counts = generator.multinomial(total, shares)
    (seen,) = counts.nonzero()
    buckets = (seen + (first + whole)).tolist()
    if not buckets or buckets[0] >= 0:
        return dict(zip(buckets, counts[seen].tolist(), strict=True))
    found: dict[int, int] = {}
    for index, count in zip(buckets, counts[seen].tolist(), strict=True):
        found[max(index, 0)] = found.get(max(index, 0), 0) + count
    return found


def percentiles_of(found: Mapping[int, int]) -> dict[int, float] | None:
    """Return the percentiles in milliseconds of times in buckets, spread evenly in each; None without any."""
    total = sum(found.values())
    if not total:
        return None
    told: dict[int, float] = {}
    below = 0
    for index, count in sorted(found.items()):
        for per_cent in PERCENTILES[len(told) :]:
            wanted = total * per_cent / 100.0
            if below + count < wanted:
                break
            told[per_cent] = math.exp((index - 1.0 + (wanted - below) / count) * LOG_RATIO)
        below += count
    return told


@lru_cache(maxsize=4096)
def _shares(spread: float, part: int) -> tuple[int, NDArray[np.float64]]:
    """Return the first bucket, counted from the median's, and the chance of it and of each behind it."""
    median, width = part / PARTS, spread / LOG_RATIO
    first, last = math.floor(median - REACH * width), math.ceil(median + REACH * width)
    edges = [_below((edge - median) / width) for edge in range(first, last)]
    return first, np.diff([0.0, *edges, 1.0])


def _below(deviations: float) -> float:
    """Return the chance of a normal number below so many standard deviations."""
    return 0.5 * math.erfc(-deviations / math.sqrt(2.0))
