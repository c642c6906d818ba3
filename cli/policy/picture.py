"""Results as a picture: how rollouts end, how long they take, and one typical run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cli.simulate.ending import Ending
from cli.simulate.result import RunResult
from cli.simulate.summary import Summary, typical

COLOURS = {
    Ending.PROMOTED: "tab:green",
    Ending.ROLLED_BACK: "tab:red",
    Ending.PAUSED: "tab:orange",
    Ending.FAILED: "black",
    Ending.UNFINISHED: "tab:grey",
}
HOURS_FROM = 180.0


def draw(file: Path, title: str, results: Sequence[RunResult], total: Summary) -> None:
    """Write a picture of many results; the file's ending chooses the format. Raises OSError."""
    figure = Figure(figsize=(10, 8), layout="constrained")
    figure.suptitle(title)
    endings, times, run = figure.subplots(3, 1, height_ratios=(2, 3, 3))
    _endings(endings, total)
    _times(times, results)
    _run(run, typical(results))
    figure.savefig(file, dpi=110)


def draw_run(file: Path, title: str, results: Sequence[RunResult]) -> None:
    """Write a picture of the typical run among some results. Raises OSError."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, loc="left", fontsize=11)
    _run(axes, typical(results))
    figure.savefig(file)


def _endings(axes: Axes, total: Summary) -> None:
    for row, (ending, rate) in enumerate(total.endings.items()):
        low, high = rate.interval
        value = 100.0 * rate.value
        axes.barh(row, value, color=COLOURS[ending])
        axes.errorbar(value, row, xerr=[[value - 100.0 * low], [100.0 * high - value]], color="black", capsize=3)
    axes.set_yticks(range(len(total.endings)), [ending.words for ending in total.endings])
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel(f"% of {total.rollouts:,} rollouts, with 95% intervals")


def _times(axes: Axes, results: Sequence[RunResult]) -> None:
    found = {ending: [r.minutes for r in results if r.ending is ending] for ending in Ending}
    present = {ending: minutes for ending, minutes in found.items() if minutes}
    axes.hist(
        list(present.values()),
        bins=50,
        stacked=True,
        color=[COLOURS[ending] for ending in present],
        label=[ending.words for ending in present],
    )
    axes.set_xlabel("minutes from the start until the rollout ended")
    axes.set_ylabel("rollouts")
    axes.legend()


def _run(axes: Axes, run: RunResult) -> None:
    unit, name = (60.0, "hours") if run.minutes > HOURS_FROM else (1.0, "minutes")
    times = [moment / unit for moment, _, _ in run.shares] + [run.minutes / unit]
    live, mirrored = ([100.0 * share[part] for share in (*run.shares, run.shares[-1])] for part in (1, 2))
    axes.fill_between(times, live, step="post", color=COLOURS[run.ending], alpha=0.7, label="live")
    if any(mirrored):
        axes.fill_between(times, mirrored, step="post", color="tab:purple", alpha=0.4, hatch="//", label="mirrored")
    if run.onset is not None:
        axes.axvline(run.onset / unit, linestyle=":", color="black", label="fault begins")
    if run.decided is not None:
        axes.axvline(run.decided / unit, linestyle="--", color="tab:red", label="rolled back")
    axes.legend()
    axes.set_ylim(-2, 102)
    axes.set_xlabel(f"{name} of a typical run ({run.ending.words})")
    axes.set_ylabel("traffic to green, %")
