"""Builds `report.json` from what was observed: counts, times and reasons.

Pure. Request counts come from the sender, weights from Azure, reasons from Teal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from cli.demo.samples import NO_ANSWER, Count, Sample, by_deployment, count, per_minute, spared, within
from cli.demo.timeline import Period, Timeline

Json = dict[str, Any]

TEAL = "teal"  # the actor in the history when Teal decided
DECIDED = ("promoting", "rolling-back")
COUNTING = (
    "Every request is one row of the data set; sending all rows to version 3 showed which ones it fails on. "
    "The counts cover all requests, to any deployment, between the first and the last that version 3 answered: "
    "`failed` counts those that failed on it, `would_have_failed` those whose row it fails on."
)


@dataclass(frozen=True, slots=True)
class Played:
    """What was observed during the demo, with times in unix seconds on the demo's clock.

    speed: the clock's full speed, as a multiple of wall time. seconds: wall time from start to end. rollouts: Teal's
    view of each, by version. evidence: its gates' readings after each minute, by version. versions: train.py's output.
    """

    speed: float
    seconds: float
    began: float
    ended: float
    samples: Sequence[Sample]
    timeline: Timeline
    rollouts: dict[str, Json]
    versions: dict[str, Json]
    evidence: dict[str, list[Json]] = field(default_factory=dict)

    @property
    def average_speed(self) -> float:
        """The average speed of the demo's clock, as a multiple of wall time."""
        return (self.ended - self.began) / self.seconds


def report(played: Played, scenes: list[Json]) -> Json:
    """Return the whole report, ready for JSON."""
    failing = played.versions.get("3", {}).get("fails_on", [])
    cost = spared(played.samples, _green(played, "3"), frozenset(failing))
    return {
        "passed": bool(scenes) and all(scene["passed"] for scene in scenes),
        "seconds": round(played.seconds, 1),
        "clock": {
            "speed": played.speed,
            "average_speed": round(played.average_speed, 1),
            "meaning": "times and minutes are on the demo's clock, which runs at most `speed` times as fast as "
            "wall time and slower on a busy machine; seconds are wall time",
        },
        "rollouts": [rollout_report(played, rollout) for rollout in played.rollouts.values()],
        "switched_at_once": {"version": "3", "counting": COUNTING, **asdict(cost)} if cost else None,
        "totals": totals(played.samples),
        "scenes": scenes,
    }


def totals(samples: Sequence[Sample]) -> Json:
    """Return the counts over all requests, and the rate at which they were actually sent."""
    return {
        "requests": len(samples),
        "failed": count(samples).failed,
        "without_answer": sum(sample.status == NO_ANSWER for sample in samples),
        "requests_per_minute": round(per_minute(samples), 1),
        "per_deployment": _counts(by_deployment(samples)),
    }


def rollout_report(played: Played, rollout: Json) -> Json:
    """Return one rollout: its outcome and reason, its steps, its requests, and the evidence at the decision."""
    began = unix(rollout["created_at"])
    finished = rollout["finished_at"]
    ended = unix(finished) if finished else played.ended
    during = within(played.samples, began, ended)
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
        "minutes": round((ended - began) / 60, 1),
        "steps": steps(played, rollout["green"], began, ended),
        "requests": _counts(by_deployment(during)),
        "evidence": rollout["verdict"] and {**rollout["verdict"], "gates": rollout["gates"]},
        "evidence_by_minute": played.evidence.get(rollout["version"], []),
        "history": [
            {key: entry[key] for key in ("at", "from", "to", "actor", "summary")} for entry in rollout["history"]
        ],
    }


def asked_by(rollout: Json) -> str | None:
    """Return the operator who rolled the rollout back or promoted it; None if Teal decided."""
    movers = [entry["actor"] for entry in rollout["history"] if entry["to"] in DECIDED and entry["from"] != entry["to"]]
    return next((by for by in movers if by != TEAL), None)


def steps(played: Played, green: str, began: float, ended: float) -> list[Json]:
    """Return each share that green had from `began` to `ended`: when, for how long, and with which requests."""
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
        "began": _moment(period.began),
        "ended": _moment(end),
        "minutes": round((end - period.began) / 60, 1),
        "requests": _counts(by_deployment(within(played.samples, period.began, end))),
    }


def unix(moment: str) -> float:
    """Return the unix seconds of an ISO 8601 time."""
    return datetime.fromisoformat(moment).timestamp()


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _counts(counts: dict[str, Count]) -> Json:
    return {name or "nobody": asdict(each) for name, each in counts.items()}


def _green(played: Played, version: str) -> str:
    return str(played.rollouts.get(version, {}).get("green", ""))
