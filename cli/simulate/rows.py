"""One minute of a deployment, drawn at random: failures, refusals, and how long the good answers took.

Times are log-normal, with a median that varies from minute to minute. They are counted in the request log's buckets, or
reported as percentiles, as the platform's metrics do.
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
from shared.core.telemetry import source_kind
from shared.core.telemetry.latency_buckets import LOG_RATIO

PERCENTILES = (50, 90, 95, 99)
PARTS = 32  # per bucket; medians are rounded to one of them: 0.14 %
REACH = 5.0  # standard deviations; the outermost buckets hold everything beyond
LEAST_SPREAD, LEAST_MEDIAN = 0.005, 0.01


@dataclass(frozen=True, slots=True)
class Rows:
    """Draws minutes. timed_by: where latency is read from, the log or metrics; None if no gate needs it."""

    generator: np.random.Generator
    latency: Latency
    timed_by: str | None

    def row(self, name: str, minute: datetime, total: int, how: Answering) -> DeploymentMinute | None:
        """Return a minute with `total` requests, or None if there are none."""
        if not total:
            return None
        bad = int(self.generator.binomial(total, how.errors)) if how.errors else 0
        refused = int(self.generator.binomial(total - bad, how.refused_of_rest)) if how.client_errors else 0
        slow, percentiles = self.times(total - bad - refused, how.median)
        return DeploymentMinute(name, minute, total, bad, refused, slow, percentiles)

    def times(self, good: int, median: float) -> tuple[dict[int, int] | None, dict[int, float] | None]:
        """Return the times of `good` responses with this median (ms), by bucket or by percentile."""
        if self.timed_by is None:
            return None, None
        noise = self.latency.noise
        at = median * math.exp(noise * self.generator.standard_normal()) if noise else median
        found = slowness(self.generator, good, at, self.latency.spread)
        return (found, None) if source_kind(self.timed_by).counts_latency else (None, percentiles_of(found))


def slowness(generator: np.random.Generator, total: int, median: float, spread: float) -> dict[int, int]:
    """Return how many of `total` log-normal times (median in ms) fall into each bucket of latency."""
    place = math.log(max(median, LEAST_MEDIAN)) / LOG_RATIO
    whole = math.floor(place)
    first, shares = _shares(max(spread, LEAST_SPREAD), round((place - whole) * PARTS))
    counts = generator.multinomial(total, shares).tolist()
    lowest = first + whole
    if lowest >= 0:
        return {bucket: count for bucket, count in enumerate(counts, lowest) if count}
    below, rest = counts[: 1 - lowest], counts[1 - lowest :]  # bucket 0 holds all times below a millisecond
    return {bucket: count for bucket, count in enumerate([sum(below), *rest]) if count}


def percentiles_of(found: Mapping[int, int]) -> dict[int, float] | None:
    """Return the percentiles in ms of times in buckets, assuming each bucket is evenly filled; None without any."""
    total = sum(found.values())
    if not total:
        return None
    percentiles: dict[int, float] = {}
    below = 0
    for index, count in sorted(found.items()):
        for percent in PERCENTILES[len(percentiles) :]:
            wanted = total * percent / 100.0
            if below + count < wanted:
                break
            percentiles[percent] = math.exp((index - 1.0 + (wanted - below) / count) * LOG_RATIO)
        below += count
    return percentiles


@lru_cache(maxsize=4096)
def _shares(spread: float, part: int) -> tuple[int, NDArray[np.float64]]:
    """Return the first bucket, relative to the median's, and the probability of it and of each one after it."""
    median, width = part / PARTS, spread / LOG_RATIO
    first, last = math.floor(median - REACH * width), math.ceil(median + REACH * width)
    edges = [_below((edge - median) / width) for edge in range(first, last)]
    return first, np.diff([0.0, *edges, 1.0])


def _below(deviations: float) -> float:
    """Return the probability that a normal variable is below this many standard deviations."""
    return 0.5 * math.erfc(-deviations / math.sqrt(2.0))
