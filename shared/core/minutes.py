"""From telemetry's minutes to the judge's evidence. Settled minutes only, each once, oldest first; never revised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from shared.core.judge import gate, verdict
from shared.core.judge.odds import Counts
from shared.core.judge.verdict import Risk
from shared.core.observation import DeploymentMinute, Observation
from shared.core.policy import MirrorStep, WeightStep
from shared.core.rollout import Rollout

MINUTE = timedelta(minutes=1)


def floor_minute(moment: datetime) -> datetime:
    """Return the start of the minute that holds this moment."""
    return moment.replace(second=0, microsecond=0)


def ceil_minute(moment: datetime) -> datetime:
    """Return the start of the first minute that lies wholly after this moment."""
    floor = floor_minute(moment)
    return floor if floor == moment else floor + MINUTE


def calibrated(rollout: Rollout, history: Iterable[DeploymentMinute] | None) -> Rollout:
    """Return the rollout with its judge set from blue's past, once; unchanged without an answer about the past."""
    if rollout.calibration is not None or history is None:
        return rollout
    by_minute = {row.minute: row for row in history if row.deployment == rollout.blue}
    bad, total = [], []
    for minute in _span(by_minute):
        row = by_minute.get(minute)
        bad.append(row.bad if row else 0)
        total.append(row.total if row else 0)
    return replace(rollout, calibration=gate.calibrate(bad, total, rollout.policy.judge.budget))


def judged(rollout: Rollout, observation: Observation) -> Rollout:
    """Return the rollout with every newly settled minute judged, and its verdict.

    Minutes behind the last one that any request was logged for wait for the next look: silence may be lateness, and
    a silent minute teaches nothing anyway.
    """
    if observation.minutes is None or rollout.judged_until is None or rollout.calibration is None:
        return rollout
    rows: dict[datetime, dict[str, DeploymentMinute]] = {}
    for row in observation.minutes:
        if row.minute >= rollout.judged_until and (
            observation.settled_until is None or row.minute < observation.settled_until
        ):
            rows.setdefault(row.minute, {})[row.deployment] = row
    evidence, last = rollout.evidence, rollout.judged_until
    for minute in _span([*rows, rollout.judged_until] if rows else []):
        evidence = gate.add_minute(evidence, _judged_minute(rollout, minute, rows.get(minute, {})), rollout.calibration)
        last = minute + MINUTE
    said = verdict.judge(evidence, _risk(rollout), _certified_weight(rollout))
    return replace(rollout, evidence=evidence, judged_until=last, verdict=said)


def next_weight(rollout: Rollout) -> int | None:
    """Return the share that green would get next, in per cent; None if it has it all."""
    if rollout.weight >= 100:
        return None
    return rollout.policy.next_weight(rollout.step)


def _risk(rollout: Rollout) -> Risk:
    """Return how sure the judge must be at this step."""
    step, risk = rollout.current_step, rollout.policy.judge.risk
    if isinstance(step, WeightStep) and step.settled_minutes is not None:
        return replace(risk, settled_minutes=step.settled_minutes)
    return risk


def _certified_weight(rollout: Rollout) -> int | None:
    """Return the share that must be certified before this step passes, in per cent; None if none must be."""
    step = rollout.current_step
    counted = isinstance(step, MirrorStep) and (step.duration is not None or step.requests is not None)
    by_time_alone = counted or (isinstance(step, WeightStep) and step.gates == ())
    return None if by_time_alone else next_weight(rollout)


def _judged_minute(rollout: Rollout, minute: datetime, rows: dict[str, DeploymentMinute]) -> gate.JudgedMinute:
    green, blue = rows.get(rollout.green), rows.get(rollout.blue or "")
    counts = Counts(
        green_bad=green.bad if green else 0,
        green_total=green.total if green else 0,
        blue_bad=blue.bad if blue else 0,
        blue_total=blue.total if blue else 0,
    )
    steady = rollout.steady_since is not None and minute >= ceil_minute(rollout.steady_since)
    share = -rollout.mirror if rollout.mirror else rollout.weight
    return gate.JudgedMinute(counts, weight=share, next_weight=next_weight(rollout), steady=steady)


def _span(minutes: Iterable[datetime]) -> list[datetime]:
    """Return every minute from the first to the last of these."""
    known = sorted(minutes)
    if not known:
        return []
    return [known[0] + i * MINUTE for i in range(round((known[-1] - known[0]) / MINUTE) + 1)]
