"""The benchmark's pictures. They show cells that the tables have; it must never run a simulation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.judge.cells import Cell
from bench.judge.groups import PARTS, Group
from bench.judge.matching import TARGET
from bench.judge.more_scenarios import NOISES
from bench.judge.tables import ratios

ALLOWED = 100 * TARGET
PLACE = "lognormal at 1000/min, noise "


def draw(cells: Sequence[Cell], folder: Path) -> list[Path]:
    """Write the pictures into the folder, which is made if it is missing, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    failures = [cell for cell in cells if Group[cell.group.upper()] in PARTS["errors"]]
    times = [cell for cell in cells if Group[cell.group.upper()] in PARTS["latency"]]
    pictures = {
        "false-rollbacks.png": _false_rollbacks([c for c in failures if c.good and c.mode == "defaults"]),
        "excess-defaults.png": _excess([c for c in failures if c.group == "harm" and c.mode == "defaults"]),
        "excess-matched.png": _excess([c for c in failures if c.group == "harm" and _matched_or_oracle(c)]),
        "oracle.png": _oracle(failures),
    }
    if not failures:
        pictures.clear()
    if times:
        pictures["latency.png"] = _latency(times)
    for name, figure in pictures.items():
        figure.savefig(folder / name, dpi=110)
    return [folder / name for name in pictures]


def _matched_or_oracle(cell: Cell) -> bool:
    return cell.mode == "matched" or cell.method.startswith("Oracle")


def _false_rollbacks(cells: Sequence[Cell]) -> Figure:
    figure, axes = _figure(cells)
    for row, method in enumerate(_in_order(cell.method for cell in cells)):
        own = [cell for cell in cells if cell.method == method]
        axes.scatter([100 * c.rolled_back.value for c in own], [row] * len(own), marker="|", s=200)
        worst = max(own, key=lambda cell: cell.rolled_back.value)
        if worst.rolled_back.count:
            at = (100 * worst.rolled_back.value, row)
            axes.annotate(worst.scenario, at, (0, 8), textcoords="offset points", size=7, ha="right")
    axes.axvline(ALLOWED, linestyle=":", color="black")
    axes.set_xscale("symlog", linthresh=1.0)
    axes.set_xlim(left=-0.05)
    axes.set_xlabel("rollouts of a good green that were rolled back, per cent; one mark a scenario, the worst named")
    return figure


def _excess(cells: Sequence[Cell]) -> Figure:
    figure, axes = _figure(cells)
    for row, method in enumerate(_in_order(cell.method for cell in cells)):
        own = [cell for cell in cells if cell.method == method]
        axes.scatter([max(c.excess, 0.5) for c in own], [row] * len(own), marker="|", s=200)
    axes.set_xscale("log")
    axes.set_xlabel("failures beyond blue's in the first hour, mean over runs; one mark a scenario, under 0.5 at 0.5")
    return figure


def _oracle(cells: Sequence[Cell]) -> Figure:
    figure, axes = _figure(cells)
    found = ratios(cells)
    for row, method in enumerate(_in_order(cell.method for cell in cells)):
        own = [ratio for (_, name, mode), ratio in found.items() if name == method and mode == "defaults"]
        axes.scatter(own, [row] * len(own), marker="|", s=200)
    axes.axvline(2.0, linestyle=":", color="black")
    axes.set_xscale("log")
    axes.set_xlabel("green requests before rollback, times the oracle's; scenarios where both detect over 90 %")
    return figure


def _latency(cells: Sequence[Cell]) -> Figure:
    """Return rolled back shares by how much slower green is, at each noise that the cells of PLACE have."""
    figure = Figure(figsize=(12, 4.5), layout="constrained")
    noises = [noise for noise in NOISES if any(cell.scenario.endswith(f"{PLACE}{noise:g}") for cell in cells)]
    for axes, noise in zip(figure.subplots(1, len(noises), sharey=True, squeeze=False)[0], noises, strict=True):
        for method in _in_order(cell.method for cell in cells):
            own = [
                c
                for c in cells
                if c.method == method and c.scenario.endswith(f"{PLACE}{noise:g}") and c.scenario[0] == "x"
            ]
            known = sorted((float(c.scenario[1:].split()[0]), 100 * c.rolled_back.value) for c in own)
            axes.plot([factor for factor, _ in known], [share for _, share in known], marker="o", label=method)
        axes.set_title(f"1,000 a minute, noise of one arm {noise:g}")
        axes.set_xlabel("green's times in units of blue's")
        axes.axvline(1.25, linestyle=":", color="black")
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("rolled back, per cent")
    figure.axes[-1].legend(fontsize=8)
    return figure


def _figure(cells: Sequence[Cell]) -> tuple[Figure, Axes]:
    methods = _in_order(cell.method for cell in cells)
    figure = Figure(figsize=(10, 0.6 * len(methods) + 1.5), layout="constrained")
    axes = figure.subplots()
    axes.set_yticks(range(len(methods)), methods)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    return figure, axes


def _in_order(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
