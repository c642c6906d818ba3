"""What a run of the benchmark does, in order: cells at defaults, then cells with matched dials. It must never print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.judge.cells import Cell, Contestant, measure
from bench.judge.matching import matched
from bench.judge.methods.catalogue import BASELINES, ENTRIES, ORACLE, TEAL_ADVANCE, Entry
from bench.judge.scenarios import Group, Scenario, quick, scenarios


@dataclass(frozen=True, slots=True)
class Size:
    """How much is run: the cells, runs of a cell where green is good and where it is bad, runs of each matching try."""

    scenarios: tuple[Scenario, ...]
    good_runs: int
    bad_runs: int
    matching_runs: int

    def runs(self, scenario: Scenario) -> int:
        """Return how often a cell is run."""
        return self.good_runs if scenario.good else self.bad_runs

    @property
    def cells(self) -> int:
        """How many cells `measured` yields."""
        tuned = sum(entry.dial is not None for entry in (*BASELINES, TEAL_ADVANCE))
        at_defaults = sum(len(_entries(scenario)) for scenario in self.scenarios)
        return at_defaults + tuned * sum(len(cells) for cells in self.points().values())

    def points(self) -> dict[tuple[float, float], list[Scenario]]:
        """Return, by traffic and base, every cell of the points where methods are matched: those with a harm cell.

        What is matched in a clean world also meets trouble and bursts, where a promise shows that a good fit does not.
        """
        harmed = [_point(scenario) for scenario in self.scenarios if scenario.group is Group.HARM]
        return {point: [cell for cell in self.scenarios if _point(cell) == point] for point in dict.fromkeys(harmed)}


def _point(scenario: Scenario) -> tuple[float, float]:
    return scenario.world.rate, scenario.world.base


def full_size(runs: int = 1000) -> Size:
    """Return the full form with so many runs of each cell where green is good, half of that where it is bad."""
    return Size(tuple(scenarios()), good_runs=runs, bad_runs=runs // 2, matching_runs=runs)


def quick_size(runs: int = 100) -> Size:
    """Return the quick form, with runs as in the full one."""
    return Size(tuple(quick()), good_runs=runs, bad_runs=runs // 2, matching_runs=runs)


def measured(size: Size) -> Iterator[Cell]:
    """Yield each cell as it is done."""
    for scenario in size.scenarios:
        for entry in _entries(scenario):
            yield measure(scenario, Contestant(entry.name, entry.default), size.runs(scenario))
    for cells in size.points().values():
        for entry in (*BASELINES, TEAL_ADVANCE):
            contestant = matched(entry, cells[0].twin, size.matching_runs)
            if contestant is not None:
                yield from (measure(scenario, contestant, size.runs(scenario)) for scenario in cells)


def _entries(scenario: Scenario) -> list[Entry]:
    """Return the methods of a cell: the oracle can say nothing of a green that is as good as blue."""
    return [entry for entry in ENTRIES if entry is not ORACLE or not scenario.good]
