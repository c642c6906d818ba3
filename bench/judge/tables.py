"""The benchmark's cells as text tables. It must never compute a figure that the JSON has not."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from bench.judge.cells import Cell, Rate, Spread
from bench.judge.groups import Group

GOOD_COLUMNS = ("false rollback", "95 %", "held", "unfinished", "min to 100 (quartiles)")
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
    found: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.mode, cell.group), []).append(cell)
    return [_table(mode, group, _by_scenario(rows)) for (mode, group), rows in found.items()]


def ratios(cells: Iterable[Cell]) -> dict[tuple[str, str, str], float]:
    """Return, by scenario, method and mode, median green requests before rollback in units of the oracle's.

    Only where both detect over 90 %: a median over the easy runs alone would flatter.
    """
    known = list(cells)
    oracle = {cell.scenario: cell for cell in known if cell.method.startswith("Oracle") and _sure(cell)}
    return {
        (cell.scenario, cell.method, cell.mode): cell.exposed.median / against.exposed.median
        for cell in known
        if (against := oracle.get(cell.scenario)) is not None and against.exposed is not None
        if cell.exposed is not None and _sure(cell)
    }


def _sure(cell: Cell) -> bool:
    return cell.rolled_back.value > 0.9 and cell.exposed is not None and cell.exposed.median > 0


def _by_scenario(cells: list[Cell]) -> list[Cell]:
    order = list(dict.fromkeys(cell.scenario for cell in cells))
    return sorted(cells, key=lambda cell: order.index(cell.scenario))


def _table(mode: str, group: str, cells: list[Cell]) -> Table:
    good = cells[0].good
    table = Table(title=f"{Group[group.upper()].value} -- {mode}", title_justify="left", show_edge=False)
    for name in ("scenario", "method", *(GOOD_COLUMNS if good else BAD_COLUMNS)):
        table.add_column(name, justify="left" if name in {"scenario", "method"} else "right", overflow="fold")
    oracle = ratios(cells)
    before = ""
    for cell in cells:
        ratio = oracle.get((cell.scenario, cell.method, cell.mode))
        row = _good(cell) if good else [*_bad(cell), f"{ratio:.1f}" if ratio is not None else "-"]
        table.add_row("" if cell.scenario == before else cell.scenario, cell.method, *row)
        before = cell.scenario
    return table


def _good(cell: Cell) -> list[str]:
    low, high = cell.rolled_back.interval
    return [
        percent(cell.rolled_back),
        f"{100 * low:.1f}-{100 * high:.1f}",
        percent(cell.held),
        percent(cell.running),
        spread(cell.full),
    ]


def _bad(cell: Cell) -> list[str]:
    return [
        percent(cell.rolled_back),
        percent(cell.early),
        percent(cell.promoted),
        percent(cell.held),
        spread(cell.minutes),
        spread(cell.exposed),
        spread(cell.failed),
        f"{cell.excess:.0f} ({cell.excess_high:.0f})",
    ]


def percent(rate: Rate) -> str:
    """Return a share in per cent; an exact 0 or 100 without decimals."""
    return f"{100 * rate.value:.0f} %" if rate.count in {0, rate.runs} else f"{100 * rate.value:.1f} %"


def spread(values: Spread | None) -> str:
    """Return median and quartiles; `-` without values."""
    return f"{values.median:.0f} ({values.lower:.0f}-{values.upper:.0f})" if values is not None else "-"
