"""The results of a demo run: the table on the screen, the picture and `report.json`."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field

from rich.table import Table

from cli.demo.api import Json
from cli.demo.gates import rate, title
from cli.demo.report import Played, report
from cli.demo.stage import Stage


@dataclass(slots=True)
class Performance:
    """Start and end on the demo's clock (unix seconds), duration in wall seconds, and the record of each scene."""

    began: float
    ended: float = 0.0
    seconds: float = 0.0
    scenes: list[Json] = field(default_factory=list)


def present(stage: Stage, performance: Performance) -> bool:
    """Print the table, write report and picture, and return whether every scene passed."""
    played = Played(
        speed=stage.options.speed,
        seconds=performance.seconds,
        began=performance.began,
        ended=performance.ended,
        samples=sorted(stage.samples.read(), key=lambda sample: sample.sent),
        timeline=stage.timeline,
        rollouts=stage.rollouts,
        versions=stage.versions,
        evidence=stage.evidence,
    )
    written = report(played, performance.scenes)
    (stage.options.out / "report.json").write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    console = stage.screen.console
    console.print()
    console.print(rollout_table(written))
    console.print(gate_table(written))
    _draw(stage, played)
    totals, clock = written["totals"], written["clock"]
    console.print(
        f"{totals['requests']:,} requests at {totals['requests_per_minute']:.0f} per minute, "
        f"{totals['failed']} failed. {written['seconds']:.0f} seconds at {clock['average_speed']:.0f}x on average. "
        f"Report and picture: {stage.options.out}"
    )
    return bool(written["passed"])


def rollout_table(written: Json) -> Table:
    """Return the rollouts of a report as a table."""
    table = Table(title="The rollouts", title_justify="left", show_lines=True)
    for heading in ("model", "outcome", "shares of live traffic", "requests on it", "failed", "serves now"):
        table.add_column(heading, justify="right" if heading in {"requests on it", "failed"} else "left")
    table.add_column("why", overflow="fold")
    for rollout in written["rollouts"]:
        on_green = rollout["requests"].get(rollout["green"], {"requests": 0, "failed": 0})
        table.add_row(
            f"{rollout['model']}:{rollout['version']}",
            rollout["outcome"],
            " ".join(str(step["weight"]) for step in rollout["steps"]),
            f"{on_green['requests']:,}",
            f"{on_green['failed']:,}",
            str(rollout["serving_deployment"]),
            rollout["reason"].splitlines()[0],
        )
    return table


def gate_table(written: Json) -> Table:
    """Return each gate's last reading in each rollout of a report as a table."""
    table = Table(title="What each gate saw", title_justify="left")
    for heading in ("model", "gate", "green", "blue", "odds that green is worse", "rolled back at"):
        table.add_column(heading)
    for rollout in written["rollouts"]:
        for gate in (rollout["evidence"] or {}).get("gates", []):
            table.add_row(
                f"{rollout['model']}:{rollout['version']}",
                title(gate),
                rate(gate, "green"),
                rate(gate, "blue"),
                gate["odds_worse"],
                gate["odds_worse_threshold"] or "never",
            )
    return table


def _draw(stage: Stage, played: Played) -> None:
    # Keeps matplotlib's font cache inside the checkout.
    os.environ["MPLCONFIGDIR"] = str(stage.options.state / "matplotlib")
    from cli.demo.picture import draw  # noqa: PLC0415  # matplotlib is slow to import and reads the line above

    draw(played, stage.options.out / "rollouts.png")
