"""Summarizes many runs of one method in one scenario: rates with Wilson intervals, medians with quartiles.

Every run counts: one that did not end counts as held or still running.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.judge.groups import Group, Scenario
from bench.judge.minute import Status
from bench.judge.simulation import Method, Run, World, run

Z_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of the runs, with its 95 % Wilson interval."""

    count: int
    runs: int

    @property
    def value(self) -> float:
        """The share, 0 to 1."""
        return self.count / self.runs

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of the interval, 0 to 1."""
        square = Z_95**2 / self.runs
        middle = (self.value + square / 2.0) / (1.0 + square)
        half = math.sqrt(square * (self.value * (1.0 - self.value) + square / 4.0)) / (1.0 + square)
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        """Return the share in percent, an exact 0 or 100 without decimals."""
        return f"{100 * self.value:.0f} %" if self.count in {0, self.runs} else f"{100 * self.value:.1f} %"


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and quartiles."""

    median: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One method in one scenario.

    mode: `defaults` or `matched`; setting: the matched value of the method's dial. rolled_back, early (before green
    turned bad), promoted, held, running: how the runs ended. minutes (since green turned bad), exposed, failed: of
    the runs that were rolled back. excess, excess_high: mean and 90th percentile over all runs of the failures beyond
    blue's in the first hour. full: minutes until green had all traffic, of the runs that got there.
    """

    scenario: str
    group: Group
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
    """A method with the settings used in a cell."""

    name: str
    method: Method
    mode: str = "defaults"
    setting: float | None = None


def measure(scenario: Scenario, contestant: Contestant, runs: int) -> Cell:
    """Return the cell for this many runs with the scenario's seeds."""
    done = simulated(scenario.world, contestant.method, runs, scenario.seeds, scenario.onset)
    early = [one for one in done if one.status is Status.ROLLED_BACK and one.minutes <= scenario.onset]
    back = [one for one in done if one.status is Status.ROLLED_BACK and one.minutes > scenario.onset]
    excess = [one.excess for one in done]
    return Cell(
        scenario=scenario.name,
        group=scenario.group,
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


def simulated(world: World, method: Method, runs: int, name: str, onset: int = 0) -> list[Run]:
    """Return this many runs. The name determines the seeds, so that all methods get the same histories."""
    first = zlib.crc32(name.encode())
    return [run(world, method, first + number, onset) for number in range(runs)]


def methods_in(cells: Iterable[Cell]) -> list[str]:
    """Return the name of each method once, in order of appearance."""
    return list(dict.fromkeys(cell.method for cell in cells))


def scenarios_in(cells: Iterable[Cell]) -> list[str]:
    """Return the name of each scenario once, in order of appearance."""
    return list(dict.fromkeys(cell.scenario for cell in cells))


def of_oracle(cells: Iterable[Cell]) -> dict[tuple[str, str, str], float]:
    """Return, by scenario, method and mode, the median green requests before a rollback, divided by the oracle's.

    Only where both detect over 90 %: a median over the easy runs alone would flatter a method that misses the others.
    """
    sure = [cell for cell in cells if cell.rolled_back.value > 0.9 and cell.exposed and cell.exposed.median > 0]
    oracle = {cell.scenario: cell.exposed for cell in sure if cell.method.startswith("Oracle")}
    return {
        (cell.scenario, cell.method, cell.mode): cell.exposed.median / against.median
        for cell in sure
        if cell.exposed and (against := oracle.get(cell.scenario))
    }


def _rate(runs: Sequence[Run], status: Status) -> Rate:
    return Rate(sum(one.status is status for one in runs), len(runs))


def _spread(values: Sequence[float]) -> Spread | None:
    if not values:
        return None
    lower, median, upper = np.quantile(values, [0.25, 0.5, 0.75])
    return Spread(median=float(median), lower=float(lower), upper=float(upper))
