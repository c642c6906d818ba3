"""How a deployment behaves in a scenario: shares of outcomes, spread evenly, so that scenarios are deterministic.

Knows nothing about gates.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from statistics import NormalDist
from types import MappingProxyType
from typing import TypeVar

from shared.core.observation import DeploymentMinute, Tally
from shared.core.telemetry.latency_buckets import bucket

Label = TypeVar("Label", int, str)
POINTS = 200  # how many sampled answers represent a minute
PERCENTS = (50, 90, 95, 99)
TIMES = NormalDist(0.0, 0.4)  # of the logarithm of the response time, in units of the median


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a deployment answers. Shares are between 0 and 1.

    refused: share of requests rejected as the caller's mistake. median: milliseconds of good answers, or None if
    nothing measures them. percentiles: report only percentiles, as the platform metrics do. predictions: share of each
    class. counted: share of bad answers by the name of the query, or of whatever else is counted. overloaded: share of
    requests that fail because there are too many.
    """

    refused: float = 0.0
    median: float | None = None
    percentiles: bool = False
    predictions: Mapping[str, float] | None = None
    counted: Mapping[str, float] = field(default_factory=dict)
    overloaded: float = 0.0

    def row(self, deployment: str, minute: datetime, total: int, failed: float) -> DeploymentMinute:
        """Return a minute with this many requests, of which this share fails."""
        bad, refused = round(total * failed), round(total * self.refused)
        good = total - bad - refused
        timed = self.median if good else None
        return DeploymentMinute(
            deployment,
            minute,
            total,
            bad,
            refused,
            slowness=_slowness(timed, good) if timed and not self.percentiles else None,
            percentiles=_percentiles(timed) if timed and self.percentiles else None,
            predictions=None if self.predictions is None else _split(good, self.predictions),
            overloaded=min(round(total * self.overloaded), bad),
            tallies={name: Tally(round(good * share), good) for name, share in self.counted.items()},
        )


def _percentiles(median: float) -> dict[int, float]:
    return {percent: median * _factor(percent / 100) for percent in PERCENTS}


def _slowness(median: float, good: int) -> dict[int, int]:
    return _split(good, _buckets(median))


@lru_cache
def _buckets(median: float) -> Mapping[int, float]:
    """Return the share of answers in each latency bucket."""
    points = Counter(bucket(median * _factor((point + 0.5) / POINTS)) for point in range(POINTS))
    return MappingProxyType({index: points[index] / POINTS for index in sorted(points)})


def _split(total: int, shares: Mapping[Label, float]) -> dict[Label, int]:
    """Return whole numbers in proportion to these shares that add up to the total."""
    parts: dict[Label, int] = {}
    share, given = 0.0, 0
    for label, more in shares.items():
        share += more
        parts[label] = round(total * share) - given
        given += parts[label]
    return parts


@lru_cache(maxsize=2 * POINTS)
def _factor(share: float) -> float:
    """Return the latency at this quantile, as a multiple of the median."""
    return math.exp(TIMES.inv_cdf(share))
