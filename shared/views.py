"""The one read model behind API, page and command line: a rollout in plain JSON values, with its reasons in words.

It must never decide; whoever formats it must never look behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from shared.core.history import Entry
from shared.core.judge.gate import odds
from shared.core.judge.verdict import Verdict
from shared.core.observation import DeploymentMinute
from shared.core.policy import MirrorStep, PauseStep, SmokeStep, Step, WeightStep
from shared.core.requests import possible
from shared.core.rollout import Rollout
from shared.ports import Halt

Json = dict[str, object]


def rollout_view(rollout: Rollout, history: Iterable[Entry] = ()) -> Json:
    """Return one rollout, with its history if given."""
    view: Json = {
        "id": rollout.id,
        "endpoint": rollout.endpoint,
        "model": rollout.model.name,
        "version": rollout.model.version,
        "phase": rollout.phase.value,
        "reason": rollout.reason,
        "since": _time(rollout.since),
        "created": _time(rollout.created),
        "finished": _time(rollout.finished),
        "cause": rollout.cause,
        "green": rollout.green,
        "blue": rollout.blue,
        "weight": rollout.weight,
        "mirror": rollout.mirror,
        "held": rollout.held,
        "serving": rollout.serving,
        "step": rollout.step,
        "steps": [step_words(step) for step in rollout.policy.steps],
        "possible": [verb.value for verb in possible(rollout)],
        "wish": asdict(rollout.wish) | {"at": _time(rollout.wish.at)} if rollout.wish else None,
        "smoke": asdict(rollout.smoke) if rollout.smoke else None,
        "calibration": asdict(rollout.calibration) if rollout.calibration else None,
        "verdict": verdict_view(rollout.verdict) if rollout.verdict else None,
        "trouble": rollout.trouble or rollout.telemetry_problem,
    }
    entries = [entry_view(entry) for entry in history]
    return view | {"history": entries} if entries else view


def verdict_view(verdict: Verdict) -> Json:
    """Return what the judge says, with odds in words beside the logarithms."""
    return asdict(verdict) | {
        "outcome": verdict.outcome.value,
        "odds_worse": odds(verdict.log_harm),
        "odds_worse_line": odds(verdict.harm_line),
        "odds_next_step_safe": odds(verdict.log_certificate),
        "odds_next_step_safe_line": odds(verdict.certificate_line),
    }


def entry_view(entry: Entry) -> Json:
    """Return one line of history."""
    return {
        "at": _time(entry.at),
        "from": entry.before.value if entry.before else None,
        "to": entry.after.value,
        "by": entry.by,
        "text": entry.text,
        "numbers": entry.numbers,
    }


def halt_view(halt: Halt | None) -> Json:
    """Return the halt that is in force, if there is one."""
    return (
        {"halted": False}
        if halt is None
        else {"halted": True, "by": halt.by, "reason": halt.reason, "at": _time(halt.at)}
    )


def minutes_view(minutes: Iterable[DeploymentMinute]) -> list[Json]:
    """Return the telemetry that decisions were made from."""
    return [asdict(minute) | {"minute": _time(minute.minute)} for minute in minutes]


def step_words(step: Step) -> str:
    """Return a step as a person would say it."""
    match step:
        case SmokeStep(requests=requests):
            return f"smoke {requests or 'sample of the endpoint'}"
        case MirrorStep(percent=percent):
            return f"mirror {percent} %"
        case WeightStep(weight=weight):
            return f"weight {weight} %"
        case PauseStep(duration=None):
            return "pause for approval"
        case PauseStep(duration=duration):
            return f"pause {duration}"


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
