"""From telemetry's minutes to the judge's evidence. Settled minutes only, each once, oldest first; never revised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.core.gates import calibration as calibrating
from shared.core.gates.calibration import Calibration
from shared.core.gates.readings import Reading, Thresholds, readings
from shared.core.gates.samples import gate_minute
from shared.core.judge import panel, verdict
from shared.core.judge.panel import Evidence, JudgedMinute
from shared.core.observation.observation import DeploymentMinute, Observation
from shared.core.observation.spans import MINUTE, ceil_minute, span
from shared.core.rollout.parts import Assessment
from shared.core.rollout.record import Rollout

PATIENCE = timedelta(minutes=5)
LONG_SILENCE = timedelta(hours=6)
Rows = Mapping[str, DeploymentMinute]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What every gate said after one minute. weight, mirror: green's per cent of live and of mirrored traffic."""

    minute: datetime
    weight: int
    mirror: int
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A rollout after its newly settled minutes were judged, and the evidence after each of them, oldest first."""

    rollout: Rollout
    minutes: tuple[tuple[datetime, Evidence], ...] = ()

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """What every gate said after each minute: worked out only for those who keep it."""
        calibration, thresholds, missing = (
            self.rollout.judging.calibration,
            self.rollout.thresholds,
            self.rollout.observed.missing_gates,
        )
        if calibration is None or thresholds is None:
            return ()
        return tuple(
            Judgement(minute, *_split(self.rollout, after), readings(after, calibration, thresholds, missing))
            for minute, after in self.minutes
        )


def calibrated(rollout: Rollout, observation: Observation, now: datetime) -> Rollout:
    """Return the rollout with its judge set from blue's past, once; unchanged without an answer about the past.

    What a gate's source did not tell may come a little later, so it is waited for: a gate that some step needs as long
    as the step may take, others not for ever.
    """
    if rollout.judging.calibration is not None or observation.history is None:
        return rollout
    if observation.history_missing:
        began = rollout.judging.history_incomplete_since or now
        if now - began < PATIENCE or observation.history_missing.keys() & _ever_needed(rollout):
            return rollout.with_judging(history_incomplete_since=began).with_observed(
                missing_gates=observation.history_missing
            )
    past = calibrating.past_of(observation.history, rollout.blue)
    return rollout.with_judging(
        calibration=calibrating.calibrate(rollout.policy.judge, past, observation.history_missing)
    )


def judge_minutes(rollout: Rollout, observation: Observation) -> Judged:
    """Return the rollout with every newly settled minute judged once, and its verdict.

    Minutes after the last one that any request was logged for wait for the next observation: silence may be lateness,
    and a silent minute teaches nothing anyway.
    """
    if observation.minutes is None or rollout.judging.judged_until is None or rollout.judging.calibration is None:
        return Judged(rollout)
    minutes = tuple(_steps(rollout, rollout.judging.calibration, observation))
    evidence = minutes[-1][1] if minutes else rollout.judging.evidence
    thresholds = _thresholds(rollout, rollout.judging.calibration)
    panel_of = rollout.judging.calibration.panel
    said = verdict.judge(evidence, panel_of, thresholds.risk, thresholds.next_weight, thresholds.needed)
    after = rollout.with_judging(
        assessment=Assessment(said, thresholds),
        evidence=evidence,
        judged_until=_judged_until(rollout.judging.judged_until, minutes, observation.settled_until),
    ).with_observed(missing_gates=observation.missing)
    return Judged(after, minutes)


def _judged_until(
    before: datetime, minutes: Sequence[tuple[datetime, Evidence]], settled_until: datetime | None
) -> datetime:
    if minutes:
        return minutes[-1][0] + MINUTE
    if settled_until is not None and settled_until - before >= LONG_SILENCE:
        return settled_until - MINUTE  # nothing comes that late, and after the silence there may be something
    return before


def _split(rollout: Rollout, after: Evidence) -> tuple[int, int]:
    """Return green's per cent of live and of mirrored traffic; the judge counts a mirror as negative."""
    if after.weight is None:
        return rollout.traffic.weight, rollout.traffic.mirror
    return max(after.weight, 0), max(-after.weight, 0)


def next_weight(rollout: Rollout) -> int | None:
    """Return the share that green would get next, in per cent; None if it has it all."""
    if rollout.traffic.weight >= 100:
        return None
    return rollout.policy.next_weight(rollout.progress.step)


def _steps(rollout: Rollout, calibration: Calibration, observation: Observation) -> Iterator[tuple[datetime, Evidence]]:
    """Yield each minute that is new and settled, with the evidence after it."""
    rows: dict[datetime, dict[str, DeploymentMinute]] = {}
    since, until = rollout.judging.judged_until, observation.settled_until
    for row in observation.minutes or ():
        if since is not None and row.minute >= since and (until is None or row.minute < until):
            rows.setdefault(row.minute, {})[row.deployment] = row
    evidence = rollout.judging.evidence
    for minute in span([*rows, since] if rows and since else []):
        seen = _judged_minute(rollout, calibration, minute, rows.get(minute, {}), observation.missing)
        evidence = panel.add_minute(evidence, seen, calibration.panel)
        yield minute, evidence


def _thresholds(rollout: Rollout, calibration: Calibration) -> Thresholds:
    """Return what the evidence is held against at this step."""
    step, risk = rollout.current_step, rollout.policy.judge.risk
    critical = tuple(gate.name for gate in rollout.policy.judge.gates if gate.role == "critical")
    needed = critical if step is None or step.needed_gates is None else tuple(step.needed_gates)
    if step is not None and step.settled_minutes is not None:
        risk = replace(risk, settled_minutes=step.settled_minutes)
    return Thresholds(risk, _certified_weight(rollout), needed, calibration.panel.tuning.log_suspicion)


def _ever_needed(rollout: Rollout) -> set[str]:
    """Return the gates whose certificates some step needs."""
    critical = {gate.name for gate in rollout.policy.judge.gates if gate.role == "critical"}
    return critical.union(*[step.needed_gates or () for step in rollout.policy.steps])


def _certified_weight(rollout: Rollout) -> int | None:
    """Return the share that must be certified before this step passes, in per cent; None if none must be."""
    step = rollout.current_step
    return next_weight(rollout) if step is None or step.certified else None


def _judged_minute(
    rollout: Rollout, calibration: Calibration, minute: datetime, rows: Rows, missing: Mapping[str, str]
) -> JudgedMinute:
    green, blue = rows.get(rollout.green), rows.get(rollout.blue or "")
    gates = zip(calibration.panel.gates, calibration.samples, strict=True)
    return JudgedMinute(
        gates=tuple(
            [None if setting.name in missing else gate_minute(samples, green, blue) for setting, samples in gates]
        ),
        weight=-rollout.traffic.mirror if rollout.traffic.mirror else rollout.traffic.weight,
        next_weight=next_weight(rollout),
        steady=rollout.traffic.steady_since is not None and minute >= ceil_minute(rollout.traffic.steady_since),
        green=green.total if green else 0,
        blue=blue.total if blue else 0,
        answered=green.total - green.bad if green else 0,
    )
