"""From telemetry's minutes to the judge's evidence. Settled minutes only, each once, oldest first; never revised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.core.gates import calibration as calibrating
from shared.core.gates.calibration import Calibration
from shared.core.gates.readings import Reading, Thresholds, readings, spoken
from shared.core.gates.samples import gate_minute
from shared.core.judge import panel, verdict
from shared.core.judge.panel import Evidence, JudgedMinute
from shared.core.observation.observation import DeploymentMinute, Observation
from shared.core.observation.spans import MINUTE, ceil_minute, span
from shared.core.policy.policy import MirrorStep, WeightStep
from shared.core.rollout.record import Rollout

PATIENCE = timedelta(minutes=5)
LONG_SILENCE = timedelta(hours=6)
Rows = Mapping[str, DeploymentMinute]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What every gate said after one minute, to be kept. weight: green's, in per cent; of a mirror, negative."""

    minute: datetime
    weight: int
    readings: tuple[Reading, ...]


def calibrated(rollout: Rollout, observation: Observation, now: datetime) -> Rollout:
    """Return the rollout with its judge set from blue's past, once; unchanged without an answer about the past.

    What a gate's source did not tell may come a little later, so it is waited for: a gate that some step needs as long
    as the step may take, others not for ever.
    """
    if rollout.calibration is not None or observation.history is None:
        return rollout
    if observation.history_missing:
        began = rollout.past_since or now
        if now - began < PATIENCE or observation.history_missing.keys() & _ever_needed(rollout):
            return replace(rollout, past_since=began, missing=observation.history_missing)
    past = calibrating.past_of(observation.history, rollout.blue)
    return replace(rollout, calibration=calibrating.calibrate(rollout.policy.judge, past, observation.history_missing))


def judged(rollout: Rollout, observation: Observation) -> Rollout:
    """Return the rollout with every newly settled minute judged, and its verdict.

    Minutes behind the last one that any request was logged for wait for the next look: silence may be lateness, and
    a silent minute teaches nothing anyway.
    """
    if observation.minutes is None or rollout.judged_until is None or rollout.calibration is None:
        return rollout
    evidence, last = rollout.evidence, rollout.judged_until
    for minute, after in _steps(rollout, rollout.calibration, observation):
        evidence, last = after, minute + MINUTE
    until = observation.settled_until
    if last == rollout.judged_until and until is not None and until - last >= LONG_SILENCE:
        last = until - MINUTE  # nothing comes that late, and behind the silence there may be something
    thresholds = _thresholds(rollout, rollout.calibration)
    said = verdict.judge(
        evidence, rollout.calibration.panel, thresholds.risk, thresholds.next_weight, thresholds.needed
    )
    told = spoken(said, evidence, rollout.calibration, thresholds)
    return replace(
        rollout, evidence=evidence, judged_until=last, verdict=told, thresholds=thresholds, missing=observation.missing
    )


def judgements(rollout: Rollout, observation: Observation) -> tuple[Judgement, ...]:
    """Return what every gate said after each of the minutes that `judged` takes in, given the rollout before it."""
    if observation.minutes is None or rollout.judged_until is None or rollout.calibration is None:
        return ()
    thresholds = _thresholds(rollout, rollout.calibration)
    return tuple(
        Judgement(
            minute,
            rollout.weight if after.weight is None else after.weight,
            readings(after, rollout.calibration, thresholds, observation.missing),
        )
        for minute, after in _steps(rollout, rollout.calibration, observation)
    )


def next_weight(rollout: Rollout) -> int | None:
    """Return the share that green would get next, in per cent; None if it has it all."""
    if rollout.weight >= 100:
        return None
    return rollout.policy.next_weight(rollout.step)


def _steps(rollout: Rollout, calibration: Calibration, observation: Observation) -> Iterator[tuple[datetime, Evidence]]:
    """Yield each minute that is new and settled, with the evidence after it."""
    rows: dict[datetime, dict[str, DeploymentMinute]] = {}
    since, until = rollout.judged_until, observation.settled_until
    for row in observation.minutes or ():
        if since is not None and row.minute >= since and (until is None or row.minute < until):
            rows.setdefault(row.minute, {})[row.deployment] = row
    evidence = rollout.evidence
    for minute in span([*rows, since] if rows and since else []):
        seen = _judged_minute(rollout, calibration, minute, rows.get(minute, {}), observation.missing)
        evidence = panel.add_minute(evidence, seen, calibration.panel)
        yield minute, evidence


def _thresholds(rollout: Rollout, calibration: Calibration) -> Thresholds:
    """Return what the evidence is held against at this step."""
    step, risk = rollout.current_step, rollout.policy.judge.risk
    critical = tuple(gate.name for gate in rollout.policy.judge.gates if gate.role == "critical")
    needed = step.gates if isinstance(step, WeightStep) and step.gates is not None else critical
    if isinstance(step, WeightStep) and step.settled_minutes is not None:
        risk = replace(risk, settled_minutes=step.settled_minutes)
    return Thresholds(risk, _certified_weight(rollout), needed, calibration.panel.tuning.log_suspicion)


def _ever_needed(rollout: Rollout) -> set[str]:
    """Return the gates whose certificates some step needs."""
    steps = [step for step in rollout.policy.steps if isinstance(step, WeightStep) and step.gates is not None]
    critical = {gate.name for gate in rollout.policy.judge.gates if gate.role == "critical"}
    return critical.union(*[step.gates or () for step in steps])


def _certified_weight(rollout: Rollout) -> int | None:
    """Return the share that must be certified before this step passes, in per cent; None if none must be."""
    step = rollout.current_step
    counted = isinstance(step, MirrorStep) and (step.duration is not None or step.requests is not None)
    by_time_alone = counted or (isinstance(step, WeightStep) and step.gates == ())
    return None if by_time_alone else next_weight(rollout)


def _judged_minute(
    rollout: Rollout, calibration: Calibration, minute: datetime, rows: Rows, missing: Mapping[str, str]
) -> JudgedMinute:
    green, blue = rows.get(rollout.green), rows.get(rollout.blue or "")
    gates = zip(calibration.panel.gates, calibration.samples, strict=True)
    return JudgedMinute(
        gates=tuple(
            [None if setting.name in missing else gate_minute(samples, green, blue) for setting, samples in gates]
        ),
        weight=-rollout.mirror if rollout.mirror else rollout.weight,
        next_weight=next_weight(rollout),
        steady=rollout.steady_since is not None and minute >= ceil_minute(rollout.steady_since),
        green=green.total if green else 0,
        blue=blue.total if blue else 0,
    )
