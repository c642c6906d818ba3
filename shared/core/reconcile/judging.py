"""From minutes of telemetry to the judge's evidence: settled minutes only, each once, oldest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.core.gates import calibration as calibrating
from shared.core.gates.calibration import Calibration
from shared.core.gates.readings import Reading, Thresholds, readings
from shared.core.judge import panel, verdict
from shared.core.judge.panel import Evidence
from shared.core.observation.observation import Observation
from shared.core.observation.spans import MINUTE, floor_minute, span
from shared.core.reconcile import gaps
from shared.core.reconcile.judged_minutes import (
    Rows,
    by_minute,
    counts_of,
    judged_minute,
    next_weight,
    split_at,
    unlogged,
)
from shared.core.reconcile.silence import traffic_pattern
from shared.core.rollout.judge_state import Assessment
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout

TRAILING = timedelta(minutes=30)  # how long a judged minute is watched for late rows
ARM_WAIT = timedelta(minutes=2)  # or the lag, if longer: how long a minute waits for a missing deployment's rows
LOOK_BACK = timedelta(minutes=30)  # before calibration: an incident may have begun already
PATIENCE = timedelta(minutes=5)
LONG_SILENCE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What every gate said after one minute. weight, mirror: green's live and mirrored traffic in percent."""

    minute: datetime
    weight: int
    mirror: int
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A rollout after judging its newly settled minutes, and the evidence after each of them, oldest first."""

    rollout: Rollout
    minutes: tuple[tuple[datetime, Evidence], ...] = ()

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """What every gate said after each minute, computed only if needed."""
        calibration, thresholds, missing = (
            self.rollout.judging.calibration,
            self.rollout.thresholds,
            self.rollout.observed.missing_gates,
        )
        if calibration is None or thresholds is None or self.rollout.rereading.began is None:
            return ()
        return tuple(
            Judgement(minute, *_split(self.rollout, after), readings(after, calibration, thresholds, missing))
            for minute, after in self.minutes
        )


def calibrated(rollout: Rollout, observation: Observation, now: datetime) -> Rollout:
    """Return the rollout with its judge calibrated from blue's past, once; unchanged if the past could not be read.

    From then on blue's minutes are read, so that green gets no traffic in an incident that began earlier, or after
    telemetry has stopped.

    A gate's missing history may arrive a little later, so Teal waits for it: as long as the step may take if some step
    needs the gate, otherwise for a limited time.
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
    found = calibrating.calibrate(rollout.policy.judge, past, observation.history_missing)
    known = rollout.with_judging(calibration=found, pulse=traffic_pattern(observation.history))
    if rollout.blue is None or rollout.judging.judged_until is not None:
        return known
    return known.with_judging(judged_until=floor_minute(now - rollout.telemetry_lag) - LOOK_BACK)


def judge_minutes(rollout: Rollout, observation: Observation) -> Judged:
    """Return the rollout with every newly settled minute judged once, and its verdict.

    Minutes after the last one with any logged request wait for the next observation: silence can mean late data, and a
    silent minute is no evidence anyway.
    """
    if observation.minutes is None or rollout.judging.judged_until is None or rollout.judging.calibration is None:
        return Judged(rollout)
    minutes = tuple(_steps(rollout, rollout.judging.calibration, observation))
    evidence = minutes[-1][1] if minutes else rollout.judging.evidence
    until = _judged_until(rollout.judging.judged_until, minutes, observation.settled_until)
    rows = by_minute(observation.minutes)
    after = _remembering(rollout, [minute for minute, _ in minutes], rows, until)
    after = gaps.remembered(after, [minute for minute, _ in minutes], rows, observation.missing)
    if minutes and observation.settled_until is not None:
        after = after.with_rereading(read_at=observation.settled_until + rollout.telemetry_lag)
    newest = minutes[-1][0] if minutes else rollout.judging.newest_logged
    if rollout.rereading.began is None:  # there is nothing of green to assess yet
        after = after.with_judging(evidence=evidence)
    else:
        after = assessed(after, evidence, rollout.judging.calibration)
    after = after.with_observed(missing_gates=observation.missing)
    return Judged(after.with_judging(judged_until=until, newest_logged=newest), minutes)


def assessed(rollout: Rollout, evidence: Evidence, calibration: Calibration) -> Rollout:
    """Return the rollout with this evidence and the verdict that follows from it."""
    thresholds = _thresholds(rollout, calibration)
    said = verdict.judge(evidence, calibration.panel, thresholds.risk, thresholds.next_weight, thresholds.needed)
    return rollout.with_judging(assessment=Assessment(said, thresholds), evidence=evidence)


def _remembering(
    rollout: Rollout, minutes: Sequence[datetime], rows: Mapping[datetime, Rows], until: datetime
) -> Rollout:
    """Return the rollout with a record of how these minutes were judged."""
    if not minutes:  # nothing, or a skipped silence, which leaves a gap in what was remembered
        same = until == rollout.judging.judged_until
        return rollout if same else rollout.with_rereading(recent=(), gaps={})
    splits = list(rollout.rereading.splits)
    for minute in minutes:
        split = split_at(rollout, minute)
        if not splits or replace(split, since=splits[-1].since) != splits[-1]:
            splits.append(split)
    counts = [counts_of(rollout, rows.get(minute, {})) for minute in minutes]
    most = max(TRAILING, 2 * rollout.telemetry_lag) // MINUTE
    recent = (*rollout.rereading.recent, *counts)[-most:]
    after = rollout.with_rereading(splits=tuple(splits), recent=recent)
    silent = any(unlogged(rollout, minute, rows.get(minute, {})) == rollout.blue for minute in minutes)
    if not silent or after.rereading.blue_silent or rollout.blue is None:
        return after
    found = reason(ReasonCode.BLUE_NOT_LOGGED, deployment=rollout.blue, other=rollout.green)
    return after.with_rereading(blue_silent=True, news=(*after.rereading.news, found))


def _awaited(rollout: Rollout, minute: datetime, rows: Rows, settled_until: datetime | None) -> bool:
    """Return whether a minute is deferred, for a limited time, because one deployment's rows may still arrive."""
    wait = max(rollout.telemetry_lag, ARM_WAIT)
    recently = settled_until is not None and settled_until - minute - MINUTE < wait
    return recently and unlogged(rollout, minute, rows) is not None


def _judged_until(
    before: datetime, minutes: Sequence[tuple[datetime, Evidence]], settled_until: datetime | None
) -> datetime:
    if minutes:
        return minutes[-1][0] + MINUTE
    if settled_until is not None and settled_until - before >= LONG_SILENCE:
        return settled_until - MINUTE  # nothing arrives that late, and there may be something after the silence
    return before


def _split(rollout: Rollout, after: Evidence) -> tuple[int, int]:
    """Return green's live and mirrored traffic in percent; the judge counts a mirror as negative."""
    if after.weight is None:
        return rollout.traffic.weight, rollout.traffic.mirror
    return max(after.weight, 0), max(-after.weight, 0)


def _steps(rollout: Rollout, calibration: Calibration, observation: Observation) -> Iterator[tuple[datetime, Evidence]]:
    """Yield each newly settled minute, with the evidence after it."""
    since, until = rollout.judging.judged_until, observation.settled_until
    rows = by_minute(
        row
        for row in observation.minutes or ()
        if since is not None and row.minute >= since and (until is None or row.minute < until)
    )
    evidence = rollout.judging.evidence
    # Pairs of answers that cannot be read count as none: green must not pass a gate by collecting nothing.
    unread = observation.missing.keys() - {setting.name for setting in calibration.panel.gates if setting.mirrored}
    for minute in span([*rows, since] if rows and since else []):
        if _awaited(rollout, minute, rows.get(minute, {}), until):
            return
        split = split_at(rollout, minute)
        seen = judged_minute(rollout, calibration, split, rows.get(minute, {}), unread)
        evidence = panel.add_minute(evidence, seen, calibration.panel)
        yield minute, evidence


def _thresholds(rollout: Rollout, calibration: Calibration) -> Thresholds:
    """Return the thresholds that the evidence is compared with at this step."""
    step, risk = rollout.current_step, rollout.policy.judge.risk
    critical = tuple(gate.name for gate in rollout.policy.judge.gates if gate.role == "critical")
    needed = critical if step is None or step.needed_gates is None else tuple(step.needed_gates)
    if step is not None and step.settled_minutes is not None:
        risk = replace(risk, settled_minutes=step.settled_minutes)
    return Thresholds(risk, _certified_weight(rollout), needed, calibration.panel.tuning.log_suspicion)


def _ever_needed(rollout: Rollout) -> set[str]:
    """Return the gates whose certificates any step needs."""
    critical = {gate.name for gate in rollout.policy.judge.gates if gate.role == "critical"}
    return critical.union(*[step.needed_gates or () for step in rollout.policy.steps])


def _certified_weight(rollout: Rollout) -> int | None:
    """Return the share that must be certified before this step passes, in percent; None if no certificate is needed."""
    step = rollout.current_step
    return next_weight(rollout) if step is None or step.certified else None
