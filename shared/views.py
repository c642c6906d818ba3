"""The one read model behind API, page and command line: a rollout in plain JSON values, with its reasons in words.

It must never decide; whoever formats it must never look behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from shared.core.gates.calibration import Calibration
from shared.core.gates.readings import Reading
from shared.core.judge.interval import Interval
from shared.core.judge.verdict import Verdict
from shared.core.observation import DeploymentMinute
from shared.core.reconcile.judging import Judgement
from shared.core.rollout import Rollout
from shared.core.rollout.history import Entry
from shared.core.rollout.requests import possible
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, Step, WeightStep
from shared.core.wording import odds
from shared.ports import Halt
from shared.words import sentence
from shared.words.gates import measurement

Json = dict[str, object]


def rollout_view(rollout: Rollout, history: Iterable[Entry] = ()) -> Json:
    """Return one rollout, with its history if given."""
    view: Json = {
        "id": rollout.id,
        "endpoint": rollout.endpoint,
        "model": rollout.model.name,
        "version": rollout.model.version,
        "phase": rollout.phase.value,
        "reason": sentence(rollout.reason),
        "since": _time(rollout.since),
        "created": _time(rollout.created),
        "finished": _time(rollout.finished),
        "cause": sentence(rollout.trigger),
        "green": rollout.green,
        "blue": rollout.blue,
        "weight": rollout.weight,
        "mirror": rollout.mirror,
        "held": sentence(rollout.held) if rollout.held else None,
        "serving": rollout.serving,
        "step": rollout.step,
        "steps": [step_words(step) for step in rollout.policy.steps],
        "possible": [verb.value for verb in possible(rollout)],
        "wish": asdict(rollout.wish) | {"at": _time(rollout.wish.at)} if rollout.wish else None,
        "smoke": asdict(rollout.smoke) if rollout.smoke else None,
        "calibration": calibration_view(rollout.calibration) if rollout.calibration else None,
        "verdict": verdict_view(rollout.verdict, rollout.readings) if rollout.verdict else None,
        "trouble": rollout.trouble or rollout.telemetry_problem,
        "missing": rollout.missing,
    }
    entries = [entry_view(entry) for entry in history]
    return view | {"history": entries} if entries else view


def verdict_view(verdict: Verdict, found: Iterable[Reading] = ()) -> Json:
    """Return what the judge says, with odds in words beside the logarithms, and what each gate says."""
    return asdict(verdict) | {
        "outcome": verdict.outcome.value,
        "cause": verdict.cause.value,
        "odds_worse": odds(verdict.log_harm),
        "odds_worse_threshold": odds(verdict.harm_threshold),
        "gates": [reading_view(reading) for reading in found],
    }


def reading_view(reading: Reading) -> Json:
    """Return what one gate says: counts, intervals, odds in words, and how far it is from each decision (0 to 1)."""
    worse, sure = reading.harm_threshold, reading.log_certificate
    return asdict(reading) | {
        "summary": measurement(reading.facts),
        "green": _interval(reading.green),
        "blue": _interval(reading.blue),
        "odds_worse": odds(reading.log_harm),
        "odds_worse_threshold": None if worse is None else odds(worse),
        "odds_next_step_safe": None if sure is None else odds(sure),
        "odds_next_step_safe_threshold": None
        if reading.certificate_threshold is None
        else odds(reading.certificate_threshold),
        "to_rollback": reading.to_rollback,
        "to_certificate": reading.to_certificate,
        "minutes_to_certificate": reading.minutes_to_certificate,
    }


def calibration_view(calibration: Calibration) -> Json:
    """Return what the judge is set to, whole, and for people by gate: part of the rollback risk, burstiness, budget."""
    panel = calibration.panel
    return asdict(calibration) | {
        "requests_per_minute": panel.requests_per_minute,
        "gates": [
            {
                "gate": gate.name,
                "share": gate.share,
                "critical": gate.critical,
                "burstiness": gate.burstiness,
                "bad_minutes": panel.tuning.bad_minutes(gate.burstiness, known=gate.known),
                "budget": gate.budget,
                "past_rate": gate.rate,
            }
            for gate in panel.gates
        ],
    }


def judgements_view(kept: Iterable[Judgement]) -> list[Json]:
    """Return what every gate said, minute by minute."""
    return [
        {
            "minute": _time(one.minute),
            "weight": one.weight,
            "mirror": one.mirror,
            "gates": [reading_view(each) for each in one.readings],
        }
        for one in kept
    ]


def entry_view(entry: Entry) -> Json:
    """Return one line of history."""
    return {
        "at": _time(entry.at),
        "from": entry.before.value if entry.before else None,
        "to": entry.after.value,
        "by": entry.actor,
        "code": entry.reason.code.value,
        "text": sentence(entry.reason),
        "step": entry.step,
        "weight": entry.weight,
        "mirror": entry.mirror,
        "verdict": verdict_view(entry.verdict, entry.readings) if entry.verdict else None,
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
        case _:
            return step.kind


def _interval(ends: Interval | None) -> Json | None:
    return None if ends is None else {"low": ends.low, "high": ends.high}


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
