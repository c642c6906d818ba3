"""`python -m bench.judge.markdown FILE...`: the tables of docs/benchmark.md, from the JSON of runs.

Of failures, rows are methods and columns scenarios; of the rest, rows are scenarios. It must never compute a figure
that the JSON has not.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from bench.judge.cells import Cell, Rate, Spread
from bench.judge.groups import PARTS, Group
from bench.judge.summaries import against_oracle, excess, in_order, table, worst_by_noise
from bench.judge.tables import percent, ratios

COLUMNS = 5


def load(*paths: Path) -> list[Cell]:
    """Return the cells of some runs' JSON."""
    return [_cell(row) for path in paths for row in json.loads(path.read_text())["cells"]]


def markdown(cells: Sequence[Cell]) -> str:
    """Return every table, with a heading each."""
    failures = [cell for cell in cells if Group[cell.group.upper()] in PARTS["errors"]]
    parts = ["## False rollbacks in one line each", _worst(failures)] if failures else []
    for group in (Group.HARM, Group.STORIES):
        own = [cell for cell in failures if cell.group == group.name.lower()]
        parts += [f"## Green requests, in units of the oracle's: {group.value}", against_oracle(own)] if own else []
    parts += ["## Extra failures in the first hour, in one line each", excess(failures)] if failures else []
    times = [cell for cell in cells if cell.group == Group.LATENCY.name.lower()]
    parts += ["## Latency: false rollbacks in one line each", worst_by_noise(times)] if times else []
    for mode in ("defaults", "matched"):
        for group in Group:
            own = [cell for cell in cells if cell.mode == mode and cell.group == group.name.lower()]
            if own:
                show = _good if own[0].good else _bad(ratios(cells))
                pivots = _pivots if group in PARTS["errors"] else _rows
                parts += [f"## {group.value}{_words(mode)}", *pivots(own, show)]
    return "\n\n".join(parts) + "\n"


def _words(mode: str) -> str:
    return "" if mode == "defaults" else ": every dial matched to 1 % false rollbacks"


def _worst(cells: Sequence[Cell]) -> str:
    rows = []
    for method in in_order(cell.method for cell in cells):
        own = [cell for cell in cells if cell.method == method and cell.mode == "defaults" and cell.good]
        if own:
            rows.append([method, *(_worst_of(own, group) for group in (Group.CLEAN, Group.TROUBLE, Group.BURSTS))])
    return table(["method", "worst clean world", "worst trouble", "worst bursts"], rows)


def _worst_of(cells: Iterable[Cell], group: Group) -> str:
    worst = max(
        (c for c in cells if c.group == group.name.lower()), key=lambda cell: cell.rolled_back.value, default=None
    )
    if worst is None:
        return "-"
    return f"{percent(worst.rolled_back)} ({worst.scenario})" if worst.rolled_back.count else "0 %"


def _pivots(cells: Sequence[Cell], show: Callable[[Cell], str]) -> list[str]:
    """Return tables of a few scenarios each, a row for each method."""
    known = {(cell.scenario, cell.method): show(cell) for cell in cells}
    methods = in_order(cell.method for cell in cells)
    scenarios = in_order(cell.scenario for cell in cells)
    return [
        table(["method", *some], [[method, *(known.get((name, method), "-") for name in some)] for method in methods])
        for some in (scenarios[start : start + COLUMNS] for start in range(0, len(scenarios), COLUMNS))
    ]


def _rows(cells: Sequence[Cell], show: Callable[[Cell], str]) -> list[str]:
    """Return one table, a row for each scenario."""
    known = {(cell.scenario, cell.method): show(cell) for cell in cells}
    methods = in_order(cell.method for cell in cells)
    scenarios = in_order(cell.scenario for cell in cells)
    rows = [[name, *(known.get((name, method), "-") for method in methods)] for name in scenarios]
    return [table(["scenario", *methods], rows)]


def _good(cell: Cell) -> str:
    held = f", {percent(cell.held)} held" if cell.held.count else ""
    full = f"{cell.full.median:.0f}" if cell.full is not None else "-"
    return f"{percent(cell.rolled_back)}{held}; {full}"


def _bad(oracle: dict[tuple[str, str, str], float]) -> Callable[[Cell], str]:
    def show(cell: Cell) -> str:
        held = f" ({percent(cell.held)} held)" if cell.held.count else ""
        ratio = oracle.get((cell.scenario, cell.method, cell.mode))
        times = f" ({ratio:.1f}x)" if ratio is not None else ""
        early = f" ({percent(cell.early)} too early)" if cell.early.count else ""
        found = f"{percent(cell.rolled_back)}{early}{held}; {_median(cell.minutes)}; {_median(cell.exposed)}{times}"
        return f"{found}; {cell.excess:.0f}"

    return show


def _median(values: Spread | None) -> str:
    return f"{values.median:.0f}" if values is not None else "-"


def _cell(row: dict[str, Any]) -> Cell:
    known = {field.name: row[field.name] for field in fields(Cell)}
    for name in ("rolled_back", "early", "promoted", "held", "running"):
        known[name] = Rate(**known[name])
    for name in ("minutes", "exposed", "failed", "full"):
        known[name] = Spread(**known[name]) if known[name] is not None else None
    return Cell(**known)


if __name__ == "__main__":
    sys.stdout.write(markdown(load(*map(Path, sys.argv[1:]))))
