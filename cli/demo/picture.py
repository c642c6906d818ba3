"""The picture of a demo run: shares of live traffic, failure rates, and the judge's odds."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")  # no window

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cli.demo.odds import Odds
from cli.demo.report import Played
from cli.demo.screen import BLUE, GREEN
from cli.demo.series import BIN_MINUTES, Series, Span, series

INCHES, DOTS = (13.0, 10.5), 100
INK, QUIET = "#222222", "#777777"
WORSE, SAFE = "#D55E00", "#4B3B8F"  # neither blue nor green, and clearly different in brightness
ODDS_SHOWN = (1 / 100, 1000.0)  # every decision falls within this range
ODDS_NAMED = {1 / 100: "1 : 100", 1 / 10: "1 : 10", 1.0: "1 : 1", 10.0: "10 : 1", 100.0: "100 : 1", 1000.0: "1000 : 1"}
LEAST_RATE_SHOWN = 8.0  # percent; with a smaller scale a few failures would look like a disaster


def draw(played: Played, path: Path) -> None:
    """Write the picture as PNG, 1300 by 1050 pixels. Raises ValueError if no request was sent."""
    shown = series(played)
    figure = Figure(figsize=INCHES, dpi=DOTS, layout="constrained")
    shares, rates, sureness = figure.subplots(3, 1, sharex=True, height_ratios=[3, 2, 3])
    _draw_shares(shares, shown)
    _draw_rates(rates, shown)
    _draw_odds(sureness, shown.odds)
    for span in shown.spans:
        _mark([shares, rates, sureness], span)
    sureness.set_xlim(0, shown.length)
    sureness.set_xlabel(
        f"minutes on the demo's clock, which ran {played.average_speed:.0f} times as fast as wall time", color=INK
    )
    figure.suptitle("What Teal did with three new versions", fontsize=16, color=INK, x=0.01, ha="left")
    figure.savefig(path)


def _draw_shares(axes: Axes, shown: Series) -> None:
    minutes, shares = zip(*shown.shares, strict=True)
    axes.fill_between(
        minutes, shares, 100, step="post", color=BLUE, alpha=0.45, linewidth=0, label="blue: the serving version"
    )
    axes.fill_between(
        minutes, 0, shares, step="post", color=GREEN, alpha=0.85, linewidth=0, label="green: the version being tried"
    )
    for (minute, share), (following, _) in zip(shown.shares, shown.shares[1:], strict=False):
        if share and following - minute > 1:
            _name_share(axes, minute, share)
    axes.set_ylim(0, 100)
    axes.set_ylabel("share of the live traffic (%)", color=INK)
    _plain(axes)
    axes.legend(loc="upper right", bbox_to_anchor=(1.0, 1.2), ncols=2, frameon=False)


def _name_share(axes: Axes, minute: float, share: int) -> None:
    place = minute, share
    axes.annotate(f"{share} %", place, (2, -3), textcoords="offset points", va="top", color="white", fontsize=9)


def _draw_rates(axes: Axes, shown: Series) -> None:
    axes.plot(shown.blue.minutes, shown.blue.percent, color="#0072B2", linewidth=2, linestyle="--", label="blue")
    axes.plot(shown.green.minutes, shown.green.percent, color=GREEN, linewidth=0, marker="o", label="green")
    highest = max([*shown.blue.percent, *shown.green.percent, LEAST_RATE_SHOWN])
    axes.set_ylim(-0.04 * highest, 1.08 * highest)
    axes.set_ylabel(f"failed requests (%)\nin each {BIN_MINUTES:g} minutes", color=INK)
    _plain(axes)
    axes.legend(loc="upper left", ncols=2, frameon=False)


def _draw_odds(axes: Axes, shown: Odds) -> None:
    worse = "odds that green is worse"
    safe = "odds that the next step is safe (restarted at each step)"
    for line in shown.worse:
        axes.plot(line.minutes, line.odds, color=WORSE, linewidth=2, marker=".", label=worse)
        worse = ""
    for line in shown.safe:
        axes.plot(line.minutes, line.odds, color=SAFE, linewidth=2, marker=".", label=safe)
        safe = ""
    _draw_line(axes, shown.rolls_back, WORSE, "rolled back at")
    _draw_line(axes, shown.advances, SAFE, "next step from")
    axes.set_yscale("log")
    axes.set_ylim(*ODDS_SHOWN)
    axes.set_yticks(list(ODDS_NAMED), list(ODDS_NAMED.values()))
    axes.set_yticks([], minor=True)
    axes.set_ylabel("the judge's odds\nfrom the failed requests", color=INK)
    _plain(axes)
    if shown.worse:
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, frameon=False)


def _draw_line(axes: Axes, at: float | None, color: str, what: str) -> None:
    """Draw the odds at which the judge acts, labelled with the action; nothing if `at` is None."""
    if at is None:
        return
    axes.axhline(at, color=color, linewidth=1.2, linestyle="--")
    axes.annotate(
        f"{what}\n{at:.3g} : 1",
        (1, at),
        (6, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="center",
        color=color,
        fontsize=9,
    )


def _mark(panels: list[Axes], span: Span) -> None:
    """Mark in every panel where a rollout began and where it was decided."""
    above = panels[0]
    for axes in panels:
        axes.axvline(span.began, color=QUIET, linewidth=1, linestyle=":")
        axes.axvline(span.decided, color=INK, linewidth=1.2)
    words = f"{span.label}\nregistered"
    above.annotate(words, (span.began, 100), (0, 4), textcoords="offset points", color=QUIET, fontsize=9)
    above.annotate(
        span.outcome,
        (span.decided, 60),
        (-8, 0),
        textcoords="offset points",
        ha="right",
        color=INK,
        weight="bold",
        bbox={"boxstyle": "round", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
    )


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK)
