"""A made-up performance for tests of report and picture: two rollouts, ten wall seconds each, at 60 times the speed."""

from __future__ import annotations

import math
from typing import Any

from cli.demo.clock import FastClock
from cli.demo.report import Played
from cli.demo.samples import Sample
from cli.demo.timeline import Timeline

ORIGIN = 1_800_000_000.0
CLOCK = FastClock(60, ORIGIN)
FAILING_ROWS = [3]


def at(seconds: float) -> str:
    """Return the virtual time, as Teal writes it, at so many wall seconds after the start."""
    return CLOCK.virtual(ORIGIN + seconds).isoformat()


def entry(seconds: float, before: str | None, after: str, actor: str = "teal") -> dict[str, Any]:
    """Return a line of a rollout's history."""
    return {"at": at(seconds), "from": before, "to": after, "actor": actor, "summary": f"to {after}"}


def rollout(version: str, began: float, phase: str, history: list[dict[str, Any]], **more: object) -> dict[str, Any]:
    """Return a rollout as Teal's API shows it."""
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
    """Return what a gate says, as Teal's API shows it; both lines are those of the demo's policy."""
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
    """Return what an informative gate says: it has no line."""
    none: dict[str, None] = dict.fromkeys(("log_odds_worse_threshold", "odds_worse_threshold", "rollback_progress"))
    return gate("latency", log_harm, role="dry_run", **none)


def judged(seconds: float, weight: int, log_harm: float, log_certificate: float | None) -> dict[str, Any]:
    """Return what the gates said after the minute that began so many wall seconds after the start."""
    return {
        "minute": at(seconds),
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
    for seconds, weights in (
        (0, {"diabetes-1": 100}),
        (2, {"diabetes-1": 50, "diabetes-2": 50}),
        (6, {"diabetes-2": 100}),
        (12, {"diabetes-2": 90, "diabetes-3": 10}),
        (17, {"diabetes-2": 100}),
    ):
        timeline.note(ORIGIN + seconds, weights)
    return Played(
        clock=CLOCK,
        began=ORIGIN,
        ended=ORIGIN + 20,
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


def _sample(seconds: float, number: int) -> Sample:
    if seconds < 6:
        deployment = "diabetes-2" if seconds >= 2 and number % 2 else "diabetes-1"
    else:
        deployment = "diabetes-3" if 12 <= seconds < 17 and number % 10 == 3 else "diabetes-2"
    row = number % 10
    failed = deployment == "diabetes-3" and row in FAILING_ROWS
    return Sample(ORIGIN + seconds, 0.005, row, 424 if failed else 200, deployment)
