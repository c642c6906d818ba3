"""From counted requests to time series: which requests belong to a resource, and a metric's values for them. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from emulator.monitor.metrics_query import MetricsQuery
from emulator.monitor.metrics_store import Kind

Counts = Iterable[tuple[datetime, Kind, Counter[int]]]
Series = dict[tuple[str, ...], dict[datetime, float]]
"""The values of the dimensions of the filter -> minute -> average. Minutes without requests are missing."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the query is about: an endpoint, or one of its deployments. Names are in lower case."""

    endpoint: str
    deployment: str | None = None

    def has(self, kind: Kind) -> bool:
        """Return whether these requests belong to it.

        Mirrored copies belong to the deployment only. Azure does not document whether it counts them for the endpoint
        too; a client that expects them there would see too few requests, never too many.
        """
        if self.deployment is None:
            return kind.endpoint == self.endpoint and not kind.mirrored
        return (kind.endpoint, kind.deployment) == (self.endpoint, self.deployment)


def series(metric: str, query: MetricsQuery, counts: Counts, target: Target) -> Series:
    """Return the metric's series, the ones with the largest sums first, and no more than the query's `top`."""
    times: dict[tuple[str, ...], dict[datetime, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for minute, kind, milliseconds in counts:
        if target.has(kind) and _selected(query, kind):
            split = tuple(kind.dimension(name) for name in query.split)
            times[split][minute].update(milliseconds)
    found = {split: {minute: _value(metric, each) for minute, each in rows.items()} for split, rows in times.items()}
    largest = sorted(found, key=lambda split: (-math.fsum(found[split].values()), split))
    kept = largest[: query.top] if query.split else largest
    return {split: found[split] for split in kept}


def _selected(query: MetricsQuery, kind: Kind) -> bool:
    for name in query.split:
        values = query.selected[name.lower()]
        if values is not None and kind.dimension(name) not in values:
            return False
    return True


def _value(metric: str, times: Mapping[int, int]) -> float:
    """Return the metric's value for the requests of one minute; `times` counts them by milliseconds."""
    total = sum(times.values())
    if metric == "RequestsPerMinute":
        return float(total)
    if metric == "RequestLatency":
        return sum(milliseconds * count for milliseconds, count in times.items()) / total
    return float(_percentile(times, int(metric.rpartition("_P")[2]), total))


def _percentile(times: Mapping[int, int], percent: int, total: int) -> int:
    """Return the smallest time that this percentage of the requests did not exceed."""
    seen = 0
    for milliseconds in sorted(times):
        seen += times[milliseconds]
        if seen * 100 >= percent * total:
            return milliseconds
    raise ValueError("there is no percentile without requests")
