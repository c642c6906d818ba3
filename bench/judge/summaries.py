"""Markdown tables with one row per method, over many cells. A method's worst cell is always named."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from bench.judge.cells import Cell, methods_in, of_oracle
from bench.judge.groups import Group

TARGET_RATIO = 2.0
LEAST_EXCESS = 0.1
NEARLY = 1.1


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def worst(columns: Mapping[str, Sequence[Cell]]) -> str:
    """Return each method's highest share of rollbacks and its scenario, with one column per selection of cells."""
    rows = [
        [method, *(_worst([cell for cell in cells if cell.method == method]) for cells in columns.values())]
        for method in methods_in(chain.from_iterable(columns.values()))
    ]
    return table(["method", *columns], rows)


def _worst(cells: Sequence[Cell]) -> str:
    if not cells:
        return "-"
    found = max(cells, key=lambda cell: cell.rolled_back.value)
    return f"{found.rolled_back} ({found.scenario})" if found.rolled_back.count else "0 %"


def against_oracle(cells: Sequence[Cell]) -> str:
    """Return how often each of Teal's variants is within the target ratio to the oracle, and where it is not."""
    found: dict[str, dict[str, float]] = {}
    for (scenario, method, mode), ratio in of_oracle(cells).items():
        if method.startswith("Teal"):
            found.setdefault(f"{method} ({mode})", {})[scenario] = ratio
    limit = f"{TARGET_RATIO:g} times"
    head = ["method", "cells where both detect over 90 %", f"at most {limit}", "median", f"over {limit}"]
    return table(head, [[method, *_ratios(own)] for method, own in found.items()])


def _ratios(own: dict[str, float]) -> list[str]:
    over = sorted((ratio, name) for name, ratio in own.items() if round(ratio, 1) > TARGET_RATIO)
    named = ", ".join(f"{name} {ratio:.1f}" for ratio, name in over) or "none"
    return [str(len(own)), str(len(own) - len(over)), f"{statistics.median(own.values()):.1f}", named]


def excess(cells: Sequence[Cell]) -> str:
    """Return each method's geometric mean excess over all harm cells, and how often it is best or nearly so."""
    harm = [cell for cell in cells if cell.group is Group.HARM]
    matched = [cell for cell in harm if cell.mode == "matched"]
    head = ["method", "mean, defaults", "mean, matched", "matched: best or within a tenth of it", "matched: worst"]
    rows = []
    for method in methods_in(harm):
        own = [cell for cell in harm if cell.method == method]
        means = [_mean([cell for cell in own if cell.mode == mode]) for mode in ("defaults", "matched")]
        rows.append([method, *means, *_against_best(matched, method)])
    return table(head, rows)


def _mean(cells: Sequence[Cell]) -> str:
    return f"{statistics.geometric_mean([_excess(cell) for cell in cells]):.1f}" if cells else "-"


def _excess(cell: Cell) -> float:
    return max(cell.excess, LEAST_EXCESS)


def _against_best(cells: Sequence[Cell], method: str) -> list[str]:
    """Return in how many cells the method is within a tenth of the best one, and its worst ratio to it."""
    own = [cell for cell in cells if cell.method == method]
    if not own:
        return ["-", "-"]
    best = {name: min(_excess(c) for c in cells if c.scenario == name) for name in {c.scenario for c in cells}}
    found = [_excess(cell) / best[cell.scenario] for cell in own]
    return [f"{sum(ratio <= NEARLY for ratio in found)} of {len(found)}", f"{max(found):.1f} times"]
