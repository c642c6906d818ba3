"""Aggregates results: rates with Wilson intervals, medians with their spread, and what stopped rollouts."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cli.simulate.ending import Blocker, Ending
from cli.simulate.result import RunResult

Z_95 = statistics.NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` of `of`, with the 95 % Wilson interval (0 to 1)."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share, 0 if there are none."""
        return self.count / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of the interval; 0 to 1 if there are none."""
        if not self.of:
            return 0.0, 1.0
        square = Z_95**2 / self.of
        middle = (self.value + square / 2.0) / (1.0 + square)
        half = math.sqrt(square * (self.value * (1.0 - self.value) + square / 4.0)) / (1.0 + square)
        return (middle - half if self.count else 0.0), (middle + half if self.count < self.of else 1.0)


@dataclass(frozen=True, slots=True)
class Spread:
    """The distribution of values: minimum, maximum, 5th, 25th, 50th, 75th and 95th percentiles, mean, count."""

    least: float
    low: float
    lower: float
    median: float
    upper: float
    high: float
    most: float
    mean: float
    count: int


@dataclass(frozen=True, slots=True)
class Summary:
    """All results of one scenario. Figures that depend on the truth about green are None where it is unknown.

    blockers: what stopped rollouts, most frequent first. false_rollbacks: rolled back although green had no fault until
    then. detected: rolled back after the fault, of those in which a fault affected a request; None also if green has no
    fault. missed: of the same, promoted. evidence_paused, frozen: rollouts in which it happened at least once.
    detection: minutes from the fault's first request to the decision. full, promoted: minutes to all live traffic, and
    to the end. affected: requests that failed or were refused beyond blue's share until the end. failed: all requests
    that green failed; requests: all that it got.
    """

    rollouts: int
    endings: dict[Ending, Rate]
    blockers: dict[Blocker, Rate]
    false_rollbacks: Rate | None
    detected: Rate | None
    missed: Rate | None
    evidence_paused: Rate
    frozen: Rate
    detection: Spread | None
    full: Spread | None
    promoted: Spread | None
    paused: Spread | None
    affected: Spread | None
    failed: Spread | None
    requests: Spread | None
    green_hours: Spread | None


def summary(results: Sequence[RunResult], *, faulty: bool | None) -> Summary:
    """Summarize results. faulty: whether green is ever worse than blue (None: unknown)."""
    count = len(results)
    endings = Counter(r.ending for r in results)
    blockers = Counter(r.blocker for r in results if r.blocker is not None)
    met = [r for r in results if r.onset is not None]
    return Summary(
        rollouts=count,
        endings={ending: Rate(endings[ending], count) for ending in Ending if endings[ending]},
        blockers={blocker: Rate(many, count) for blocker, many in blockers.most_common()},
        false_rollbacks=Rate(sum(r.false_rollback for r in results), count) if faulty is not None else None,
        detected=Rate(sum(r.detected for r in met), len(met)) if faulty else None,
        missed=Rate(sum(r.ending is Ending.PROMOTED for r in met), len(met)) if faulty else None,
        evidence_paused=Rate(sum(r.evidence_pauses > 0 for r in results), count),
        frozen=Rate(sum(r.frozen > 0 for r in results), count),
        detection=spread(r.decided - r.onset for r in met if r.detected and r.decided and r.onset is not None),
        full=spread(r.full for r in results if r.full is not None),
        promoted=spread(r.minutes for r in results if r.ending is Ending.PROMOTED),
        paused=spread(r.paused for r in results),
        affected=spread(r.affected for r in results),
        failed=spread(r.failed for r in results),
        requests=spread(r.requests for r in results),
        green_hours=spread(r.green_hours for r in results),
    )


def spread(values: Iterable[float]) -> Spread | None:
    """Return the spread of values, or None if there are none."""
    known = list(values)
    if not known:
        return None
    least, low, lower, median, upper, high, most = (
        float(value) for value in np.quantile(known, (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0))
    )
    return Spread(least, low, lower, median, upper, high, most, statistics.fmean(known), len(known))


def typical(results: Sequence[RunResult]) -> RunResult:
    """Return the result of median length among those with the most frequent ending."""
    usual = Counter(r.ending for r in results).most_common(1)[0][0]
    alike = sorted((r for r in results if r.ending is usual), key=lambda r: r.minutes)
    return alike[len(alike) // 2]
