"""The benchmark's cells as tables for the terminal, with intervals and quartiles. Every figure is in the JSON too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.table import Table

from bench.judge.cells import Cell, Spread, of_oracle, scenarios_in
from bench.judge.groups import Group

GOOD_COLUMNS = ("false rollback", "95 %", "held", "unfinished", "min to 100 % (quartiles)")
BAD_COLUMNS = (
    "detected",
    "too early",
    "missed",
    "held",
    "min to rollback (quartiles)",
    "green requests",
    "failed",
    "excess/h mean (90th)",
    "x oracle",
)


def tables(cells: Iterable[Cell]) -> list[Table]:
    """Return one table for each mode and group that has cells."""
    found: dict[tuple[str, Group], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.mode, cell.group), []).append(cell)
    return [_table(f"{group.heading} -- {mode}", group, own) for (mode, group), own in found.items()]


def _table(title: str, group: Group, cells: list[Cell]) -> Table:
    table = Table(title=title, title_justify="left", show_edge=False)
    for name in ("scenario", "method", *(GOOD_COLUMNS if group.good else BAD_COLUMNS)):
        table.add_column(name, justify="left" if name in {"scenario", "method"} else "right", overflow="fold")
    oracle = of_oracle(cells)
    for scenario in scenarios_in(cells):
        shown = scenario
        for cell in (cell for cell in cells if cell.scenario == scenario):
            table.add_row(shown, cell.method, *(_good(cell) if group.good else _bad(cell, oracle)))
            shown = ""
    return table


def _good(cell: Cell) -> list[str]:
    low, high = cell.rolled_back.interval
    return [
        str(cell.rolled_back),
        f"{100 * low:.1f}-{100 * high:.1f}",
        str(cell.held),
        str(cell.running),
        _spread(cell.full),
    ]


def _bad(cell: Cell, oracle: Mapping[tuple[str, str, str], float]) -> list[str]:
    ratio = oracle.get((cell.scenario, cell.method, cell.mode))
    return [
        str(cell.rolled_back),
        str(cell.early),
        str(cell.promoted),
        str(cell.held),
        _spread(cell.minutes),
        _spread(cell.exposed),
        _spread(cell.failed),
        f"{cell.excess:.0f} ({cell.excess_high:.0f})",
        f"{ratio:.1f}" if ratio is not None else "-",
    ]


def _spread(values: Spread | None) -> str:
    return f"{values.median:.0f} ({values.lower:.0f}-{values.upper:.0f})" if values is not None else "-"
