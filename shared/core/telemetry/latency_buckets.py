"""Latency buckets: which bucket a time in milliseconds belongs to, and how buckets are compared. Pure arithmetic.

Each edge is the fifth root of 1.25 times the previous one, so a margin of 1.25 is exactly five buckets. Everything that
fills buckets (a query, a simulation) uses this ratio, which must not change while a rollout is open.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

LOG_RATIO = math.log(1.25) / 5.0


def bucket(milliseconds: float) -> int:
    """Return a time's bucket: bucket i has times above edge(i - 1) and up to edge(i). Below 1 ms is bucket 0."""
    return math.ceil(math.log(max(milliseconds, 1.0)) / LOG_RATIO - 1e-9)


def edge(index: int) -> float:
    """Return the upper edge of the bucket, in milliseconds."""
    return math.exp(index * LOG_RATIO)


def buckets_of(factor: float) -> int:
    """Return by how many buckets a factor (above 1) moves a time, rounded; at least one."""
    return max(1, round(math.log(factor) / LOG_RATIO))


def slower(slowness: Mapping[int, int], than: int) -> int:
    """Return the number of answers in buckets above this one."""
    return sum([count for index, count in slowness.items() if index > than])


def quantile(slowness: Mapping[int, int], share: float) -> int:
    """Return the first bucket that reaches this share (0 to 1) of the answers; raises ValueError if there are none."""
    total = sum(slowness.values())
    if not total:
        raise ValueError("no answers, so no quantile")
    seen = 0
    for index in sorted(slowness):
        seen += slowness[index]
        if seen >= share * total - 1e-9:
            return index
    return max(slowness)
