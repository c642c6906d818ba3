"""Many runs of one method in one scenario, added up: rates with Wilson intervals, medians with quartiles.

It must never drop a run: whatever did not end is counted as held or as still running.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.judge.groups import Scenario
from bench.judge.minute import Status
from bench.judge.simulation import Method, Run, Scene, run

Z_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many, with the 95 % interval of Wilson."""

    count: int
    runs: int

    @property
    def value(self) -> float:
        """The share."""
        return self.count / self.runs

    @property
    def interval(self) -> tuple[float, float]:
        """The interval's ends."""
        square = Z_95**2 / self.runs
        middle = (self.value + square / 2.0) / (1.0 + square)
        half = math.sqrt(square * (self.value * (1.0 - self.value) + square / 4.0)) / (1.0 + square)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and quartiles."""

    median: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One method in one scenario.

    mode: `defaults` or `matched`; setting: where the dial stood when matched. rolled_back, early (before green turned
    bad), promoted, held, running: how runs ended. minutes (since green turned bad), exposed, failed: of the runs that
    were rolled back. excess, excess_high: mean over all runs and 90th percentile of failures beyond blue's in the first
    hour. full: minutes to 100 per cent, of runs that got there.
    """

    scenario: str
    group: str
    good: bool
    method: str
    mode: str
    setting: float | None
    rolled_back: Rate
    early: Rate
    promoted: Rate
    held: Rate
    running: Rate
    minutes: Spread | None
    exposed: Spread | None
    failed: Spread | None
    excess: float
    excess_high: float
    full: Spread | None


@dataclass(frozen=True, slots=True)
class Contestant:
    """A method as it enters a cell."""

    name: str
    method: Method
    mode: str = "defaults"
    setting: float | None = None


def measure(scenario: Scenario, contestant: Contestant, runs: int) -> Cell:
    """Return the cell, from so many runs with the seeds of this scenario."""
    done = simulated(scenario.world, contestant.method, runs, scenario.seeds, scenario.onset)
    early = [one for one in done if one.status is Status.ROLLED_BACK and one.minutes <= scenario.onset]
    back = [one for one in done if one.status is Status.ROLLED_BACK and one.minutes > scenario.onset]
    excess = [one.excess for one in done]
    return Cell(
        scenario=scenario.name,
        group=scenario.group.name.lower(),
        good=scenario.good,
        method=contestant.name,
        mode=contestant.mode,
        setting=contestant.setting,
        rolled_back=Rate(len(back), runs),
        early=Rate(len(early), runs),
        promoted=_rate(done, Status.PROMOTED),
        held=_rate(done, Status.HELD),
        running=_rate(done, Status.RUNNING),
        minutes=_spread([one.minutes - scenario.onset for one in back]),
        exposed=_spread([one.exposed for one in back]),
        failed=_spread([one.failed for one in back]),
        excess=float(np.mean(excess)),
        excess_high=float(np.quantile(excess, 0.9)),
        full=_spread([one.full for one in done if one.full is not None]),
    )


def simulated(world: Scene, method: Method, runs: int, name: str, onset: int = 0) -> list[Run]:
    """Return so many runs; the name picks the seeds, so that all methods meet the same histories."""
    first = zlib.crc32(name.encode())
    return [run(world, method, first + number, onset) for number in range(runs)]


def _rate(runs: Sequence[Run], status: Status) -> Rate:
    return Rate(sum(one.status is status for one in runs), len(runs))


def _spread(values: Sequence[float]) -> Spread | None:
    if not values:
        return None
    lower, median, upper = np.quantile(values, [0.25, 0.5, 0.75])
    return Spread(median=float(median), lower=float(lower), upper=float(upper))
