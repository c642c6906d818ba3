"""The result as a picture: how rollouts end, how long they take, and one typical run. It must never simulate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cli.simulate.course import Course, End
from cli.simulate.summary import Summary, typical

COLOURS = {
    End.PROMOTED: "tab:green",
    End.ROLLED_BACK: "tab:red",
    End.HELD: "tab:orange",
    End.FAILED: "black",
    End.UNFINISHED: "tab:grey",
}


def formats() -> set[str]:
    """Return the endings of files that can be drawn."""
    return set(Figure().canvas.get_supported_filetypes())


def draw(file: Path, title: str, courses: Sequence[Course], total: Summary) -> None:
    """Write the picture; its format is that of the file's ending. Raises OSError if it cannot be written."""
    figure = Figure(figsize=(10, 8), layout="constrained")
    figure.suptitle(title)
    ends, times, run = figure.subplots(3, 1, height_ratios=(2, 3, 3))
    _ends(ends, total)
    _times(times, courses)
    _typical(run, courses)
    figure.savefig(file, dpi=110)


def _ends(axes: Axes, total: Summary) -> None:
    for row, (end, rate) in enumerate(total.ends.items()):
        low, high = rate.interval
        value = 100.0 * rate.value
        axes.barh(row, value, color=COLOURS[end])
        axes.errorbar(value, row, xerr=[[value - 100.0 * low], [100.0 * high - value]], color="black", capsize=3)
    axes.set_yticks(range(len(total.ends)), [end.value for end in total.ends])
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel(f"per cent of {total.rollouts:,} rollouts, with 95 % intervals")


def _times(axes: Axes, courses: Sequence[Course]) -> None:
    found = {end: [c.minutes for c in courses if c.end is end] for end in End}
    present = {end: minutes for end, minutes in found.items() if minutes}
    axes.hist(
        list(present.values()),
        bins=50,
        stacked=True,
        color=[COLOURS[end] for end in present],
        label=[end.value for end in present],
    )
    axes.set_xlabel("minutes from the start until the rollout ended")
    axes.set_ylabel("rollouts")
    axes.legend()


def _typical(axes: Axes, courses: Sequence[Course]) -> None:
    course = typical(courses)
    minutes = [minute for minute, _ in course.weights] + [course.minutes]
    shares = [100.0 * share for _, share in course.weights]
    axes.step(minutes, [*shares, shares[-1]], where="post", color=COLOURS[course.end])
    if course.onset is not None:
        axes.axvline(course.onset, linestyle=":", color="black", label="fault begins")
    if course.decided is not None:
        axes.axvline(course.decided, linestyle="--", color="tab:red", label="rolled back")
    if course.onset is not None or course.decided is not None:
        axes.legend()
    axes.set_ylim(-2, 102)
    axes.set_xlabel(f"minutes of a typical run ({course.end.value})")
    axes.set_ylabel("green's live traffic, per cent")
