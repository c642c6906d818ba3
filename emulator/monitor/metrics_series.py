"""From counted requests to time series: which requests belong to a resource, and what a metric says of them. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from emulator.monitor.metrics_question import Question
from emulator.monitor.metrics_store import Kind

Counted = Iterable[tuple[datetime, Kind, Counter[int]]]
Series = dict[tuple[str, ...], dict[datetime, float]]
"""The values of the dimensions that were asked for -> minute -> average. Minutes without requests are not there."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked about: an endpoint, or one of its deployments. Names in lower case."""

    endpoint: str
    deployment: str | None = None

    def has(self, kind: Kind) -> bool:
        """Tell whether these requests belong to it.

        Copies are the deployment's only. Whether Azure counts them for the endpoint too is not documented; a client
        that needs them there would see too little, never too much.
        """
        if self.deployment is None:
            return kind.endpoint == self.endpoint and not kind.mirrored
        return (kind.endpoint, kind.deployment) == (self.endpoint, self.deployment)


def series(metric: str, question: Question, counted: Counted, target: Target) -> Series:
    """Return the metric's series, the ones with the largest sums first, and no more than were asked for."""
    times: dict[tuple[str, ...], dict[datetime, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for minute, kind, milliseconds in counted:
        if target.has(kind) and _wanted(question, kind):
            split = tuple(kind.dimension(name) for name in question.split)
            times[split][minute].update(milliseconds)
    found = {split: {minute: _value(metric, each) for minute, each in rows.items()} for split, rows in times.items()}
    largest = sorted(found, key=lambda split: (-math.fsum(found[split].values()), split))
    kept = largest[: question.top] if question.split else largest
    return {split: found[split] for split in kept}


def _wanted(question: Question, kind: Kind) -> bool:
    for name in question.split:
        values = question.wanted[name.lower()]
        if values is not None and kind.dimension(name) not in values:
            return False
    return True


def _value(metric: str, times: Mapping[int, int]) -> float:
    """Return what the metric says of the requests of a minute."""
    total = sum(times.values())
    if metric == "RequestsPerMinute":
        return float(total)
    if metric == "RequestLatency":
        return sum(milliseconds * count for milliseconds, count in times.items()) / total
    return float(_percentile(times, int(metric.rpartition("_P")[2]), total))


def _percentile(times: Mapping[int, int], percent: int, total: int) -> int:
    """Return the shortest time that so many per cent of the requests did not exceed."""
    seen = 0
    for milliseconds in sorted(times):
        seen += times[milliseconds]
        if seen * 100 >= percent * total:
            return milliseconds
    raise ValueError("no requests, so no percentile")
