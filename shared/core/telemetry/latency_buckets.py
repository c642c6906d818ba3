"""Buckets of latency: what a time in milliseconds is counted as, and how buckets are compared. Pure arithmetic.

Edges rise by the fifth root of 1.25, so that a margin of 1.25 is five whole buckets. Whatever fills buckets (a query, a
simulation) uses this ratio, which must not change while a rollout is open.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

LOG_RATIO = math.log(1.25) / 5.0


def bucket(milliseconds: float) -> int:
    """Return the bucket of a time: bucket i holds times above edge(i - 1) and up to edge(i). Below 1 ms is bucket 0."""
    return math.ceil(math.log(max(milliseconds, 1.0)) / LOG_RATIO - 1e-9)


def edge(index: int) -> float:
    """Return the longest time in milliseconds that the bucket holds."""
    return math.exp(index * LOG_RATIO)


def buckets_of(factor: float) -> int:
    """Return how many buckets a time moves when it is multiplied by a factor (above 1), rounded; at least one."""
    return max(1, round(math.log(factor) / LOG_RATIO))


def slower(slowness: Mapping[int, int], than: int) -> int:
    """Return how many answers fell into buckets above this one."""
    return sum([count for index, count in slowness.items() if index > than])


def quantile(slowness: Mapping[int, int], share: float) -> int:
    """Return the first bucket up to whose edge this share (0 to 1) of the answers lies; raises ValueError if none."""
    total = sum(slowness.values())
    if not total:
        raise ValueError("no answers, so no quantile")
    seen = 0
    for index in sorted(slowness):
        seen += slowness[index]
        if seen >= share * total - 1e-9:
            return index
    return max(slowness)
