"""A policy as a picture: green's share of the traffic over the time that it is likely to take. It only draws."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cli.policy.estimate import Estimate
from cli.policy.wording import about
from shared.core.policy import Policy
from shared.core.schema.times import spell

LIVE, COPY, REST = "#0f766e", "#7c3aed", "#9ca3af"
HOURS_FROM = 180.0


def draw(policy: Policy, found: Estimate, path: Path) -> None:
    """Write the picture to a file whose ending says the format; raises OSError."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots()
    total = sum(stay.minutes or 0.0 for stay in found.stays) or 1.0
    unit, name = (60.0, "hours") if total > HOURS_FROM else (1.0, "minutes")
    _steps(axes, found, unit, total)
    axes.set_xlabel(f"{name} from when green is ready, at {found.traffic.requests_per_minute:,g} requests a minute")
    axes.set_ylabel("traffic to green, %")
    axes.set_ylim(0, 108)
    axes.set_xlim(0, total / unit * 1.04)
    axes.set_title(f"{policy.endpoint}: {_title(policy, found)}", loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def _steps(axes: Axes, found: Estimate, unit: float, total: float) -> None:
    clock = 0.0
    for stay in found.stays:
        minutes = stay.minutes or 0.0
        if not minutes:
            continue
        hold, start, end = stay.hold, clock / unit, (clock + minutes) / unit
        share, color = abs(hold.share), COPY if hold.share < 0 else LIVE
        axes.fill_between([start, end], [share, share], color=color, alpha=0.35 if hold.kind == "pause" else 0.75)
        if hold.share < 0:
            axes.fill_between([start, end], [share, share], facecolor="none", edgecolor="white", hatch="//", lw=0)
        words = {"mirror": f"copy of {share}", "pause": f"pause at {share}"}.get(hold.kind, str(share))
        turned = minutes < total / 12
        axes.text((start + end) / 2, share + 2, words, ha="center", fontsize=9, rotation=90 * turned, color="#111827")
        clock += minutes
    axes.axhline(100, color=REST, lw=0.8, ls=":")


def _title(policy: Policy, found: Estimate) -> str:
    full = "not to 100" if found.full is None else f"100 after {about(found.full)}"
    return f"{full}; blue stays {spell(policy.keep_blue)} more"
