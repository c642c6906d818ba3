"""Tables of a line for each method, over many cells. They must never leave out a cell that is worse than the others."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from bench.judge.cells import Cell
from bench.judge.groups import Group
from bench.judge.more_scenarios import NOISES
from bench.judge.tables import percent, ratios

TARGET_RATIO = 2.0
LEAST_EXCESS = 0.1
NEARLY = 1.1


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def in_order(names: Iterable[str]) -> list[str]:
    """Return each name once, in the order in which they first come."""
    return list(dict.fromkeys(names))


def against_oracle(cells: Sequence[Cell]) -> str:
    """Return, for each of Teal's variants, in how many cells its ratio is within the target, and the others."""
    found: dict[str, dict[str, float]] = {}
    for (scenario, method, mode), ratio in ratios(cells).items():
        if method.startswith("Teal"):
            found.setdefault(f"{method} ({mode})", {})[scenario] = ratio
    head = ["method", "cells where both detect over 90 %", f"at most {TARGET_RATIO:g} times", "median", "the others"]
    return table(head, [[method, *_ratios(own)] for method, own in found.items()])


def _ratios(own: dict[str, float]) -> list[str]:
    over = sorted((ratio, name) for name, ratio in own.items() if round(ratio, 1) > TARGET_RATIO)
    named = ", ".join(f"{name} {ratio:.1f}" for ratio, name in over) or "none"
    return [str(len(own)), str(len(own) - len(over)), f"{statistics.median(own.values()):.1f}", named]


def excess(cells: Sequence[Cell]) -> str:
    """Return each method's geometric mean of the excess over all harm cells, and how often it is the best or nearly."""
    harm = [cell for cell in cells if cell.group == Group.HARM.name.lower()]
    head = ["method", "mean at defaults", "mean when matched", "cells where it is nearly the best matched", "worst"]
    rows = []
    for method in in_order(cell.method for cell in harm):
        own = [cell for cell in harm if cell.method == method]
        means = [_mean([cell for cell in own if cell.mode == mode]) for mode in ("defaults", "matched")]
        rows.append([method, *means, *_beside([c for c in harm if c.mode == "matched"], method)])
    return table(head, rows)


def _mean(cells: Sequence[Cell]) -> str:
    return f"{statistics.geometric_mean([_excess(cell) for cell in cells]):.1f}" if cells else "-"


def _excess(cell: Cell) -> float:
    return max(cell.excess, LEAST_EXCESS)


def _beside(cells: Sequence[Cell], method: str) -> list[str]:
    """Return in how many cells the method is at most a tenth above the best, and its worst ratio to the best."""
    own = [cell for cell in cells if cell.method == method]
    if not own:
        return ["-", "-"]
    best = {name: min(_excess(c) for c in cells if c.scenario == name) for name in {c.scenario for c in cells}}
    found = [_excess(cell) / best[cell.scenario] for cell in own]
    return [f"{sum(ratio <= NEARLY for ratio in found)} of {len(found)}", f"{max(found):.1f} times"]


def worst_by_noise(cells: Sequence[Cell]) -> str:
    """Return each method's worst false rollbacks where green is no slower than allowed, by the noise of one arm."""
    rows = []
    for method in in_order(cell.method for cell in cells):
        row = [method]
        for noise in NOISES:
            own = [c for c in cells if c.method == method and c.scenario.endswith(f"noise {noise:g}")]
            worst = max(own, key=lambda cell: cell.rolled_back.value, default=None)
            row.append(f"{percent(worst.rolled_back)} ({worst.scenario.split(',')[0]})" if worst is not None else "-")
        rows.append(row)
    return table(["method", *[f"worst at noise {noise:g}" for noise in NOISES]], rows)
