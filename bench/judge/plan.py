"""The order of a benchmark run: cells with default settings, then cells with matched settings.

A job names its method and scenarios instead of holding them, so that it can be sent to another process.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context

from bench.judge.answers import AnswersWorld
from bench.judge.cells import Cell, Contestant, measure
from bench.judge.groups import PARTS, Group, Scenario
from bench.judge.matching import matched
from bench.judge.methods import answer_catalogue
from bench.judge.methods.catalogue import BASELINES, FAILURES, ORACLE, TEAL_IMPATIENT, WATCHES, Entry
from bench.judge.scenarios import quick, scenarios
from bench.judge.worlds import FailureWorld

METHODS = {
    **dict.fromkeys(PARTS["errors"], FAILURES),
    **dict.fromkeys(PARTS["latency"], answer_catalogue.LATENCY),
    **dict.fromkeys((Group.PREDICTED, Group.SHIFTED), answer_catalogue.PREDICTIONS),
    **dict.fromkeys((Group.AGREEING, Group.DISAGREEING), answer_catalogue.DISAGREEMENTS),
    **dict.fromkeys(PARTS["panel"], answer_catalogue.PANELS),
    **dict.fromkeys(PARTS["watch"], WATCHES),
}
WIDE_NOISE = 0.15
MATCHED = tuple(entry for entry in (*BASELINES, TEAL_IMPATIENT) if entry.dial is not None)


@dataclass(frozen=True, slots=True)
class Job:
    """One method in several scenarios. matching: runs per attempt to match its dial first; 0: default settings."""

    method: str
    scenarios: tuple[tuple[Group, str], ...]
    runs: tuple[int, ...]
    matching: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The scenarios, the runs per cell where green is good and where it is bad, and the runs for matching."""

    scenarios: tuple[Scenario, ...]
    good_runs: int
    bad_runs: int
    matching_runs: int

    @property
    def cells(self) -> int:
        """How many cells `measured` yields."""
        return sum(len(job.scenarios) for job in self.jobs())

    def jobs(self) -> list[Job]:
        """Return the jobs in order."""
        plain = [self._job(entry, [one]) for one in self.scenarios for entry in entries(one)]
        return plain + [self._job(entry, cells, self.matching_runs) for cells in self._points() for entry in MATCHED]

    def _job(self, entry: Entry, cells: list[Scenario], matching: int = 0) -> Job:
        runs = tuple(self.good_runs if one.group.good else self.bad_runs for one in cells)
        return Job(entry.name, tuple(one.key for one in cells), runs, matching)

    def _points(self) -> list[list[Scenario]]:
        """Return, by traffic and base rate, the scenarios of the points where methods are matched: those with harm.

        Methods matched in a clean world are also run under adverse conditions and bursts, where only a guarantee still
        holds.
        """
        found: dict[tuple[float, float], list[Scenario]] = {}
        for scenario in self.scenarios:
            if scenario.group in PARTS["errors"]:
                found.setdefault(_point(scenario), []).append(scenario)
        return [cells for cells in found.values() if any(one.group is Group.HARM for one in cells)]


def full_plan(runs: int = 1000, parts: Collection[str] = tuple(PARTS)) -> Plan:
    """Return the full benchmark with `runs` per cell where green is good, and half as many where it is bad."""
    return _plan(scenarios(), runs, parts)


def quick_plan(runs: int = 100, parts: Collection[str] = tuple(PARTS)) -> Plan:
    """Return the quick benchmark; `runs` as in the full one."""
    return _plan(quick(), runs, parts)


def measured(plan: Plan, processes: int = 1) -> Iterator[Cell]:
    """Yield the plan's cells in order, computed by this many processes."""
    if processes == 1:
        for job in plan.jobs():
            yield from done(job)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for cells in pool.map(done, plan.jobs()):
            yield from cells


def done(job: Job) -> list[Cell]:
    """Return the job's cells; none if the method has no dial to match."""
    known = [_known()[key] for key in job.scenarios]
    entry = next(one for one in entries(known[0]) if one.name == job.method)
    plain = Contestant(entry.name, entry.default)
    contestant = matched(entry, _clean_twin(known), job.matching) if job.matching else plain
    if contestant is None:
        return []
    return [measure(scenario, contestant, runs) for scenario, runs in zip(known, job.runs, strict=True)]


def entries(scenario: Scenario) -> list[Entry]:
    """Return the methods that run in a scenario.

    The oracle cannot judge a green as good as blue, and the wide latency margin is for noisy deployments only.
    """
    left_out = {
        *([ORACLE] if scenario.group.good else []),
        *([] if _noisy(scenario) else [answer_catalogue.LAX_LATENCY]),
    }
    return [one for one in METHODS[scenario.group] if one not in left_out]


def _noisy(scenario: Scenario) -> bool:
    """Return whether single deployments are noisy enough for a policy to need a wider latency margin."""
    world = scenario.world
    return isinstance(world, AnswersWorld) and world.latency is not None and world.latency.own >= WIDE_NOISE


@lru_cache
def _known() -> dict[tuple[Group, str], Scenario]:
    return {scenario.key: scenario for scenario in scenarios()}


def _point(scenario: Scenario) -> tuple[float, float]:
    assert isinstance(scenario.world, FailureWorld)
    return scenario.world.rate, scenario.world.base


def _clean_twin(cells: list[Scenario]) -> FailureWorld:
    """Return the clean world with the cells' traffic and base rate, in which a method's false rollbacks are matched."""
    rate, base = _point(cells[0])
    return FailureWorld(rate, base, minutes=cells[0].world.minutes)


def _plan(known: list[Scenario], runs: int, parts: Collection[str]) -> Plan:
    wanted = {group for part in parts for group in PARTS[part]}
    chosen = tuple(one for one in known if one.group in wanted)
    return Plan(chosen, good_runs=runs, bad_runs=runs // 2, matching_runs=runs)
