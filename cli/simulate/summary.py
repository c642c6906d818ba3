"""Many courses added up: rates with Wilson's intervals, medians with their spread. It must never drop a course."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cli.simulate.course import Cause, Course, End

Z_95 = statistics.NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many, with the 95 % interval of Wilson (0 to 1)."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share; 0 of none."""
        return self.count / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of the interval; of none, everything is possible."""
        if not self.of:
            return 0.0, 1.0
        square = Z_95**2 / self.of
        middle = (self.value + square / 2.0) / (1.0 + square)
        half = math.sqrt(square * (self.value * (1.0 - self.value) + square / 4.0)) / (1.0 + square)
        return (middle - half if self.count else 0.0), (middle + half if self.count < self.of else 1.0)


@dataclass(frozen=True, slots=True)
class Spread:
    """Where values lie: their 5th, 25th, 50th, 75th and 95th per cent, their mean, and how many there are."""

    low: float
    lower: float
    median: float
    upper: float
    high: float
    mean: float
    count: int


@dataclass(frozen=True, slots=True)
class Summary:
    """All courses of one scene. What rests on the truth about green is None where that is not known.

    ends, causes: how they ended, and what those rolled back were rolled back for. false_rollbacks: taken back though
    green had done nothing wrong by then. detected: of those in which a fault met a request, taken back after it; None
    also if green has no fault. missed: of the same, promoted. held, frozen: in which it happened at all. detection:
    minutes from the fault's first request to the decision. full, promoted: minutes to all live traffic, and to the end.
    hurt: requests that failed beyond blue's share until the end, failed: all that green failed, requests: all it got.
    """

    rollouts: int
    ends: dict[End, Rate]
    causes: dict[Cause, Rate]
    false_rollbacks: Rate | None
    detected: Rate | None
    missed: Rate | None
    held: Rate
    frozen: Rate
    detection: Spread | None
    full: Spread | None
    promoted: Spread | None
    paused: Spread | None
    hurt: Spread | None
    failed: Spread | None
    requests: Spread | None


def summary(courses: Sequence[Course], *, faulty: bool | None) -> Summary:
    """Return what the courses give together; faulty: whether green is ever worse than blue (None: not known)."""
    count = len(courses)
    ends, causes = Counter(c.end for c in courses), Counter(c.cause for c in courses if c.cause)
    met = [c for c in courses if c.onset is not None]
    return Summary(
        rollouts=count,
        ends={end: Rate(ends[end], count) for end in End if ends[end]},
        causes={cause: Rate(causes[cause], count) for cause in Cause if causes[cause]},
        false_rollbacks=Rate(sum(c.false_rollback for c in courses), count) if faulty is not None else None,
        detected=Rate(sum(c.detected for c in met), len(met)) if faulty else None,
        missed=Rate(sum(c.end is End.PROMOTED for c in met), len(met)) if faulty else None,
        held=Rate(sum(c.holds > 0 for c in courses), count),
        frozen=Rate(sum(c.frozen > 0 for c in courses), count),
        detection=spread(c.decided - c.onset for c in met if c.detected and c.decided and c.onset is not None),
        full=spread(c.full for c in courses if c.full is not None),
        promoted=spread(c.minutes for c in courses if c.end is End.PROMOTED),
        paused=spread(c.paused for c in courses),
        hurt=spread(c.hurt for c in courses),
        failed=spread(c.failed for c in courses),
        requests=spread(c.requests for c in courses),
    )


def spread(values: Iterable[float]) -> Spread | None:
    """Return the spread of values; None if there are none."""
    known = list(values)
    if not known:
        return None
    low, lower, median, upper, high = (float(value) for value in np.quantile(known, (0.05, 0.25, 0.5, 0.75, 0.95)))
    return Spread(low, lower, median, upper, high, statistics.fmean(known), len(known))


def typical(courses: Sequence[Course]) -> Course:
    """Return the course that ends as most do, and of these the one of median length."""
    usual = Counter(c.end for c in courses).most_common(1)[0][0]
    alike = sorted((c for c in courses if c.end is usual), key=lambda c: c.minutes)
    return alike[len(alike) // 2]
