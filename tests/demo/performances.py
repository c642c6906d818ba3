"""A made-up performance for tests of report and picture: two rollouts, ten wall seconds each, at 60 times the speed."""

from __future__ import annotations

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


def entry(seconds: float, before: str | None, after: str, by: str = "teal") -> dict[str, Any]:
    """Return a line of a rollout's history."""
    return {"at": at(seconds), "from": before, "to": after, "by": by, "text": f"to {after}", "numbers": {}}


def rollout(version: str, began: float, phase: str, history: list[dict[str, Any]], **more: object) -> dict[str, Any]:
    """Return a rollout as Teal's API shows it."""
    view = {
        "model": "diabetes",
        "version": version,
        "phase": phase,
        "reason": f"reason of {version}",
        "wish": None,
        "serving": "diabetes-2",
        "blue": "diabetes-1",
        "green": f"diabetes-{version}",
        "created": at(began),
        "finished": history[-1]["at"],
        "verdict": {"outcome": "pass"},
        "history": history,
    }
    return view | more


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
    )


def _sample(seconds: float, number: int) -> Sample:
    if seconds < 6:
        deployment = "diabetes-2" if seconds >= 2 and number % 2 else "diabetes-1"
    else:
        deployment = "diabetes-3" if 12 <= seconds < 17 and number % 10 == 3 else "diabetes-2"
    row = number % 10
    failed = deployment == "diabetes-3" and row in FAILING_ROWS
    return Sample(ORIGIN + seconds, 0.005, row, 424 if failed else 200, deployment)
