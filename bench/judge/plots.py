"""The benchmark's plots, of cells that are also in the tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.judge.answer_scenarios import NOISES
from bench.judge.cells import Cell, methods_in, of_oracle
from bench.judge.groups import PARTS, Group
from bench.judge.matching import TARGET

PLACE = "lognormal at 1000/min, noise "


def draw(cells: Sequence[Cell], folder: Path) -> list[Path]:
    """Write the plots into the folder, creating it if necessary, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    failures = [cell for cell in cells if cell.group in PARTS["errors"]]
    latency = [cell for cell in cells if cell.group in PARTS["latency"]]
    pictures = {}
    if failures:
        defaults = [cell for cell in failures if cell.mode == "defaults"]
        harm = [cell for cell in failures if cell.group is Group.HARM]
        pictures["false-rollbacks.png"] = _false_rollbacks([cell for cell in defaults if cell.group.good])
        pictures["excess-defaults.png"] = _excess([cell for cell in harm if cell.mode == "defaults"])
        pictures["excess-matched.png"] = _excess(
            [cell for cell in harm if cell.mode == "matched" or cell.method.startswith("Oracle")]
        )
        pictures["oracle.png"] = _oracle(defaults)
    if latency:
        pictures["latency.png"] = _latency(latency)
    for name, figure in pictures.items():
        figure.savefig(folder / name, dpi=110)
    return [folder / name for name in pictures]


def _false_rollbacks(cells: Sequence[Cell]) -> Figure:
    figure, axes = _marks(cells, lambda cell: 100 * cell.rolled_back.value)
    for row, method in enumerate(methods_in(cells)):
        worst = max((cell for cell in cells if cell.method == method), key=lambda cell: cell.rolled_back.value)
        if worst.rolled_back.count:
            at = (100 * worst.rolled_back.value, row)
            axes.annotate(worst.scenario, at, (0, 8), textcoords="offset points", size=7, ha="right")
    axes.axvline(100 * TARGET, linestyle=":", color="black")
    axes.set_xscale("symlog", linthresh=1.0)
    axes.set_xlim(left=-0.05)
    axes.set_xlabel("good greens rolled back, %; one mark per scenario, the worst is named")
    return figure


def _excess(cells: Sequence[Cell]) -> Figure:
    figure, axes = _marks(cells, lambda cell: max(cell.excess, 0.5))
    axes.set_xscale("log")
    axes.set_xlabel("failures beyond blue's in the first hour, mean over runs; one mark per scenario, below 0.5 at 0.5")
    return figure


def _oracle(cells: Sequence[Cell]) -> Figure:
    ratios = of_oracle(cells)
    figure, axes = _marks(cells, lambda cell: ratios.get((cell.scenario, cell.method, cell.mode)))
    axes.axvline(2.0, linestyle=":", color="black")
    axes.set_xscale("log")
    axes.set_xlabel("green requests before rollback, relative to the oracle; scenarios where both detect over 90 %")
    return figure


def _latency(cells: Sequence[Cell]) -> Figure:
    """Plot the share of rollbacks against green's relative latency, for each noise level in the cells of PLACE."""
    figure = Figure(figsize=(12, 4.5), layout="constrained")
    slower = [cell for cell in cells if PLACE in cell.scenario and cell.scenario.startswith("x")]
    noises = [noise for noise in NOISES if any(cell.scenario.endswith(f"{PLACE}{noise:g}") for cell in slower)]
    for axes, noise in zip(figure.subplots(1, len(noises), sharey=True, squeeze=False)[0], noises, strict=True):
        for method in methods_in(cells):
            points = sorted(
                (float(cell.scenario[1:].split()[0]), 100 * cell.rolled_back.value)
                for cell in slower
                if cell.method == method and cell.scenario.endswith(f"{PLACE}{noise:g}")
            )
            axes.plot([factor for factor, _ in points], [share for _, share in points], marker="o", label=method)
        axes.set_title(f"1,000 requests/min, noise {100 * noise:g} %")
        axes.set_xlabel("green's latency relative to blue's")
        axes.axvline(1.25, linestyle=":", color="black")
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("rolled back, %")
    figure.axes[-1].legend(fontsize=8)
    return figure


def _marks(cells: Sequence[Cell], value: Callable[[Cell], float | None]) -> tuple[Figure, Axes]:
    """Return a figure with one row per method and a mark at each of its cells' values."""
    methods = methods_in(cells)
    figure = Figure(figsize=(10, 0.6 * len(methods) + 1.5), layout="constrained")
    axes = figure.subplots()
    for row, method in enumerate(methods):
        values = [found for cell in cells if cell.method == method if (found := value(cell)) is not None]
        axes.scatter(values, [row] * len(values), marker="|", s=200)
    axes.set_yticks(range(len(methods)), methods)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    return figure, axes
