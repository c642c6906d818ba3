"""What a run of the benchmark does, in order: cells at defaults, then cells with matched dials. It must never print.

A job is named, not built, so that another process can do it.
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
from bench.judge.methods import more_gates
from bench.judge.methods.catalogue import BASELINES, ENTRIES, ORACLE, TEAL_ADVANCE, Entry
from bench.judge.scenarios import quick, scenarios
from bench.judge.worlds import World

ANSWERS = {
    Group.LATENCY: more_gates.LATENCY,
    Group.EDGE: more_gates.LATENCY,
    Group.SLOWER: more_gates.LATENCY,
    Group.PREDICTED: more_gates.PREDICTIONS,
    Group.SHIFTED: more_gates.PREDICTIONS,
    Group.AGREEING: more_gates.DISAGREEMENTS,
    Group.DISAGREEING: more_gates.DISAGREEMENTS,
    Group.PANEL: more_gates.PANELS,
    Group.PANEL_HARM: more_gates.PANELS,
    Group.WATCH: more_gates.WATCHES,
    Group.WATCH_HARM: more_gates.WATCHES,
}
WIDE_NOISE = 0.15
TUNED_ENTRIES = tuple(entry for entry in (*BASELINES, TEAL_ADVANCE) if entry.dial is not None)


@dataclass(frozen=True, slots=True)
class Job:
    """One method in some scenarios. matching: runs of each try to match its dial first; 0 leaves it at its defaults."""

    method: str
    scenarios: tuple[tuple[Group, str], ...]
    runs: tuple[int, ...]
    matching: int = 0


@dataclass(frozen=True, slots=True)
class Size:
    """How much is run: the cells, runs of a cell where green is good and where it is bad, runs of each matching try."""

    scenarios: tuple[Scenario, ...]
    good_runs: int
    bad_runs: int
    matching_runs: int

    @property
    def cells(self) -> int:
        """How many cells `measured` yields."""
        return sum(len(job.scenarios) for job in self.jobs())

    def jobs(self) -> list[Job]:
        """Return what is to be done."""
        plain = [self._job(entry, [one]) for one in self.scenarios for entry in entries(one)]
        return plain + [
            self._job(entry, cells, self.matching_runs) for cells in self._points() for entry in TUNED_ENTRIES
        ]

    def _job(self, entry: Entry, cells: list[Scenario], matching: int = 0) -> Job:
        runs = tuple(self.good_runs if one.good else self.bad_runs for one in cells)
        return Job(entry.name, tuple(one.key for one in cells), runs, matching)

    def _points(self) -> list[list[Scenario]]:
        """Return, by traffic and base, every cell of the points where methods are matched: those with a harm cell.

        What is matched in a clean world also meets trouble and bursts, where a promise shows that a good fit does not.
        """
        found: dict[tuple[float, float], list[Scenario]] = {}
        for scenario in self.scenarios:
            if scenario.group in PARTS["errors"]:
                found.setdefault(_point(scenario), []).append(scenario)
        return [cells for cells in found.values() if any(one.group is Group.HARM for one in cells)]


def full_size(runs: int = 1000, parts: Collection[str] = tuple(PARTS)) -> Size:
    """Return the full form with so many runs of each cell where green is good, half of that where it is bad."""
    return _size(scenarios(), runs, parts)


def quick_size(runs: int = 100, parts: Collection[str] = tuple(PARTS)) -> Size:
    """Return the quick form, with runs as in the full one."""
    return _size(quick(), runs, parts)


def measured(size: Size, processes: int = 1) -> Iterator[Cell]:
    """Yield the cells in the plan's order, as they are done by so many processes."""
    if processes == 1:
        for job in size.jobs():
            yield from done(job)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for cells in pool.map(done, size.jobs()):
            yield from cells


def done(job: Job) -> list[Cell]:
    """Return the job's cells; none if there is nothing to match."""
    known = [_known()[key] for key in job.scenarios]
    entry = next(one for one in entries(known[0]) if one.name == job.method)
    contestant: Contestant | None = Contestant(entry.name, entry.default)
    if job.matching:
        contestant = matched(entry, _twin(known), job.matching)
    if contestant is None:
        return []
    return [measure(scenario, contestant, runs) for scenario, runs in zip(known, job.runs, strict=True)]


def entries(scenario: Scenario) -> list[Entry]:
    """Return the methods of a cell: the oracle can say nothing of a green that is as good as blue."""
    known = [one for one in ANSWERS.get(scenario.group, ENTRIES) if one is not ORACLE or not scenario.good]
    return known if _noisy(scenario) else [one for one in known if one is not more_gates.LAX_LATENCY]


def _noisy(scenario: Scenario) -> bool:
    """Say whether arms of the world differ so much that a policy should have a wider margin of latency."""
    world = scenario.world
    return isinstance(world, AnswersWorld) and world.latency is not None and world.latency.arm >= WIDE_NOISE


@lru_cache
def _known() -> dict[tuple[Group, str], Scenario]:
    return {scenario.key: scenario for scenario in scenarios()}


def _point(scenario: Scenario) -> tuple[float, float]:
    assert isinstance(scenario.world, World)
    return scenario.world.rate, scenario.world.base


def _twin(cells: list[Scenario]) -> World:
    """Return the clean world of the cells' traffic and base, in which a method's false alarms are matched."""
    rate, base = _point(cells[0])
    return World(rate, base, minutes=cells[0].world.minutes)


def _size(found: list[Scenario], runs: int, parts: Collection[str]) -> Size:
    wanted = {group for part in parts for group in PARTS[part]}
    chosen = tuple(one for one in found if one.group in wanted)
    return Size(chosen, good_runs=runs, bad_runs=runs // 2, matching_runs=runs)
