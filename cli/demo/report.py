"""From what was seen to `report.json`: counts, times and reasons, each number from where it was measured.

Pure: it reads no file and asks nobody. Requests are counted by who sent them, weights are Azure's, reasons are Teal's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from cli.demo.clock import FastClock
from cli.demo.samples import NO_ANSWER, Count, Sample, by_deployment, count, spared, within
from cli.demo.timeline import Period, Timeline

Json = dict[str, Any]

TEAL = "teal"  # as the history names who acts by itself
DECIDED = ("promoting", "rolling-back")
COUNTING = (
    "Every request is one row of the data set; those that version 3 fails on were found by sending it all before. "
    "Counted are all requests, to whichever deployment, between the first and the last that version 3 answered: "
    "`failed` are those that really failed on it, `would_have_failed` those whose row is one that it fails on."
)


@dataclass(frozen=True, slots=True)
class Played:
    """What was seen while the demo played.

    rollouts: Teal's view of each, by version. evidence: what its gates said after each minute, by version. versions:
    train.py's findings.
    """

    clock: FastClock
    began: float
    ended: float
    samples: Sequence[Sample]
    timeline: Timeline
    rollouts: dict[str, Json]
    versions: dict[str, Json]
    evidence: dict[str, list[Json]] = field(default_factory=dict)


def report(played: Played, scenes: list[Json]) -> Json:
    """Return the whole report, ready for JSON."""
    failing = played.versions.get("3", {}).get("fails_on", [])
    cost = spared(played.samples, _green(played, "3"), frozenset(failing))
    return {
        "passed": bool(scenes) and all(scene["passed"] for scene in scenes),
        "seconds": round(played.ended - played.began, 1),
        "clock": {
            "speed": played.clock.speed,
            "origin": played.clock.origin,
            "meaning": "times are of a clock that stood with the wall's at `origin` (unix seconds) and runs `speed` "
            "times as fast since; seconds are wall time",
        },
        "rollouts": [rollout_report(played, rollout) for rollout in played.rollouts.values()],
        "switched_at_once": {"version": "3", "counting": COUNTING, **asdict(cost)} if cost else None,
        "totals": totals(played.samples),
        "scenes": scenes,
    }


def totals(samples: Sequence[Sample]) -> Json:
    """Return the counts over all requests, and the rate at which they were really sent."""
    span = samples[-1].sent - samples[0].sent if len(samples) > 1 else 0.0
    return {
        "requests": len(samples),
        "failed": count(samples).failed,
        "without_answer": sum(sample.status == NO_ANSWER for sample in samples),
        "requests_per_second": round(len(samples) / span, 1) if span else 0.0,
        "per_deployment": _counts(by_deployment(samples)),
    }


def rollout_report(played: Played, rollout: Json) -> Json:
    """Return one rollout: what became of it and why, its steps, its requests, and what was known at the decision."""
    began = played.clock.wall(datetime.fromisoformat(rollout["created_at"]))
    finished = rollout["finished_at"]
    ended = played.clock.wall(datetime.fromisoformat(finished)) if finished else played.ended
    meanwhile = within(played.samples, began, ended)
    return {
        "model": rollout["model"],
        "version": rollout["version"],
        "outcome": rollout["phase"],
        "reason": rollout["summary"],
        "asked_by": asked_by(rollout),
        "serving_deployment": rollout["serving"],
        "blue": rollout["blue"],
        "green": rollout["green"],
        "began": rollout["created_at"],
        "ended": finished,
        "seconds": round(ended - began, 1),
        "steps": steps(played, rollout["green"], began, ended),
        "requests": _counts(by_deployment(meanwhile)),
        "evidence": rollout["verdict"] and {**rollout["verdict"], "gates": rollout["gates"]},
        "evidence_by_minute": played.evidence.get(rollout["version"], []),
        "history": [
            {key: entry[key] for key in ("at", "from", "to", "actor", "summary")} for entry in rollout["history"]
        ],
    }


def asked_by(rollout: Json) -> str | None:
    """Return the person who had the rollout taken back or promoted; None if Teal decided."""
    movers = [entry["actor"] for entry in rollout["history"] if entry["to"] in DECIDED and entry["from"] != entry["to"]]
    return next((by for by in movers if by != TEAL), None)


def steps(played: Played, green: str, began: float, ended: float) -> list[Json]:
    """Return each share that green had in this span of wall time, with when, for how long, and its requests."""
    found = []
    for period in played.timeline.periods():
        start, end = max(period.began, began), min(period.ended or played.ended, ended)
        if start < end and period.weights.get(green, 0):
            found.append(_step(played, green, Period(start, end, period.weights)))
    return found


def _step(played: Played, green: str, period: Period) -> Json:
    end = period.ended or played.ended
    return {
        "weight": period.weights[green],
        "began": played.clock.virtual(period.began).isoformat(timespec="seconds"),
        "ended": played.clock.virtual(end).isoformat(timespec="seconds"),
        "seconds": round(end - period.began, 1),
        "requests": _counts(by_deployment(within(played.samples, period.began, end))),
    }


def _counts(counts: dict[str, Count]) -> Json:
    return {name or "nobody": asdict(each) for name, each in counts.items()}


def _green(played: Played, version: str) -> str:
    return str(played.rollouts.get(version, {}).get("green", ""))
