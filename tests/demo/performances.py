"""A synthetic demo run for tests of report and picture: two rollouts of ten minutes each, at 60 times the speed."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from cli.demo.report import Played
from cli.demo.samples import Sample
from cli.demo.timeline import Timeline

ORIGIN = 1_800_000_000.0
MINUTE = 60.0
FAILING_ROWS = [3]


def at(minutes: float) -> str:
    """Return the time this many minutes after the start, in Teal's format."""
    return datetime.fromtimestamp(ORIGIN + minutes * MINUTE, UTC).isoformat()


def entry(minutes: float, before: str | None, after: str, actor: str = "teal") -> dict[str, Any]:
    """Return a history entry."""
    return {"at": at(minutes), "from": before, "to": after, "actor": actor, "summary": f"to {after}"}


def rollout(version: str, began: float, phase: str, history: list[dict[str, Any]], **more: object) -> dict[str, Any]:
    """Return a rollout in the format of Teal's API."""
    view = {
        "model": "diabetes",
        "version": version,
        "phase": phase,
        "summary": f"reason of {version}",
        "serving": "diabetes-2",
        "blue": "diabetes-1",
        "green": f"diabetes-{version}",
        "created_at": at(began),
        "finished_at": history[-1]["at"],
        "verdict": {"outcome": "pass"},
        "gates": [],
        "history": history,
    }
    return view | more


def gate(name: str, log_harm: float, log_certificate: float | None = None, **more: object) -> dict[str, Any]:
    """Return a gate's reading in the format of Teal's API, with the thresholds of the demo's policy."""
    certified = log_certificate is not None
    return {
        "gate": name,
        "role": "critical",
        "green_bad": 1,
        "green_total": 8,
        "blue_bad": 0,
        "blue_total": 1200,
        "log_odds_worse": log_harm,
        "log_odds_worse_threshold": math.log(100),
        "log_odds_safe": log_certificate,
        "log_odds_safe_threshold": math.log(20) if certified else None,
        "odds_worse": "12 : 1",
        "odds_worse_threshold": "100 : 1",
        "odds_safe": "5 : 1" if certified else None,
        "odds_safe_threshold": "20 : 1" if certified else None,
        "rollback_progress": 0.5,
        "certificate_progress": 0.25 if certified else None,
    } | more


def dry_run(log_harm: float) -> dict[str, Any]:
    """Return the reading of a dry run, which has no thresholds."""
    none: dict[str, None] = dict.fromkeys(("log_odds_worse_threshold", "odds_worse_threshold", "rollback_progress"))
    return gate("latency", log_harm, role="dry_run", **none)


def judged(minutes: float, weight: int, log_harm: float, log_certificate: float | None) -> dict[str, Any]:
    """Return the gates' readings after the minute that began this many minutes after the start."""
    return {
        "minute": at(minutes),
        "weight": weight,
        "mirror": 0,
        "gates": [gate("errors", log_harm, log_certificate), dry_run(0.0)],
    }


def performance() -> Played:
    """Version 2 gets half and then all of the traffic; version 3 gets a tenth and fails on row 3."""
    promoted = [entry(0, None, "provisioning"), entry(6, "stepping", "promoting"), entry(9, "promoting", "promoted")]
    back = [
        entry(10, None, "provisioning"),
        entry(16, "stepping", "rolling-back"),
        entry(19, "rolling-back", "rolled-back"),
    ]
    timeline = Timeline()
    for minutes, weights in (
        (0, {"diabetes-1": 100}),
        (2, {"diabetes-1": 50, "diabetes-2": 50}),
        (6, {"diabetes-2": 100}),
        (12, {"diabetes-2": 90, "diabetes-3": 10}),
        (17, {"diabetes-2": 100}),
    ):
        timeline.note(ORIGIN + minutes * MINUTE, weights)
    return Played(
        speed=60.0,
        seconds=25.0,
        began=ORIGIN,
        ended=ORIGIN + 20 * MINUTE,
        samples=[_sample(number / 10, number) for number in range(200)],
        timeline=timeline,
        rollouts={
            "2": rollout("2", 0, "promoted", promoted),
            "3": rollout("3", 10, "rolled-back", back, blue="diabetes-2", verdict={"outcome": "fail"}),
        },
        versions={"3": {"fails_on": FAILING_ROWS}},
        evidence={
            "2": [judged(2, 50, -0.5, 1.0), judged(3, 50, -1.0, 3.5), judged(6, 100, -1.5, None)],
            "3": [judged(12, 10, 2.0, -1.0), judged(13, 10, 900.0, -2.0)],
        },
    )


def _sample(minutes: float, number: int) -> Sample:
    if minutes < 6:
        deployment = "diabetes-2" if minutes >= 2 and number % 2 else "diabetes-1"
    else:
        deployment = "diabetes-3" if 12 <= minutes < 17 and number % 10 == 3 else "diabetes-2"
    row = number % 10
    failed = deployment == "diabetes-3" and row in FAILING_ROWS
    return Sample(ORIGIN + minutes * MINUTE, 0.005, row, 424 if failed else 200, deployment)
