"""From minutes of telemetry to the judge's evidence: settled minutes only, each once, oldest first."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.core.gates import calibration as calibrating
from shared.core.gates.calibration import Calibration
from shared.core.gates.readings import Reading, Thresholds, readings
from shared.core.gates.samples import Row, gate_minute
from shared.core.judge import panel, verdict
from shared.core.judge.incident import beyond
from shared.core.judge.measure import severe_limit
from shared.core.judge.odds import Counts
from shared.core.judge.panel import Evidence, JudgedMinute
from shared.core.observation.observation import DeploymentMinute, Observation
from shared.core.observation.spans import MINUTE, ceil_minute, floor_minute, span
from shared.core.reconcile.missing_rows import missing
from shared.core.reconcile.silence import pulse_of
from shared.core.reconcile.traffic_mismatch import live_minute
from shared.core.rollout.parts import Assessment
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.rollout.rereading import MinuteCounts, Split

TRAILING = timedelta(minutes=30)  # how long a judged minute is watched for late rows
ARM_WAIT = timedelta(minutes=2)  # or the lag, if longer: how long a minute waits for a missing deployment's rows
LOOK_BACK = timedelta(minutes=30)  # before calibration: an incident may have begun already
PATIENCE = timedelta(minutes=5)
LONG_SILENCE = timedelta(hours=6)
Rows = Mapping[str, DeploymentMinute]


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
    """Return the rollout with its judge calibrated from blue's past, once; unchanged without an answer about the past.

    From now on blue's minutes are read, so that green gets no traffic in an incident that has begun before, nor when
    telemetry has stopped since.

    A gate's missing history may arrive a little later, so it is waited for: as long as the step may take if some step
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
    known = rollout.with_judging(calibration=found, pulse=pulse_of(observation.history))
    if rollout.blue is None or rollout.judging.judged_until is not None:
        return known
    return known.with_judging(judged_until=floor_minute(now - rollout.telemetry_lag) - LOOK_BACK)


def judge_minutes(rollout: Rollout, observation: Observation) -> Judged:
    """Return the rollout with every newly settled minute judged once, and its verdict.

    Minutes after the last one with any logged request wait for the next observation: silence can mean late data, and a
    silent minute teaches nothing anyway.
    """
    if observation.minutes is None or rollout.judging.judged_until is None or rollout.judging.calibration is None:
        return Judged(rollout)
    minutes = tuple(_steps(rollout, rollout.judging.calibration, observation))
    evidence = minutes[-1][1] if minutes else rollout.judging.evidence
    until = _judged_until(rollout.judging.judged_until, minutes, observation.settled_until)
    after = _remembering(rollout, [minute for minute, _ in minutes], by_minute(observation.minutes), until)
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


def by_minute(rows: Iterable[DeploymentMinute]) -> dict[datetime, dict[str, DeploymentMinute]]:
    """Return rows by minute and deployment."""
    found: dict[datetime, dict[str, DeploymentMinute]] = {}
    for row in rows:
        found.setdefault(row.minute, {})[row.deployment] = row
    return found


def counts_of(rollout: Rollout, rows: Rows) -> MinuteCounts:
    """Return the counts to remember for a judged minute."""
    green, blue = rows.get(rollout.green), rows.get(rollout.blue or "")
    return MinuteCounts(*((green.total, green.bad) if green else (0, 0)), *((blue.total, blue.bad) if blue else (0, 0)))


def present_weight(rollout: Rollout) -> int:
    """Return green's share in percent as the judge counts it: negative for a mirror."""
    return -rollout.traffic.mirror if rollout.traffic.mirror else rollout.traffic.weight


def _remembering(
    rollout: Rollout, minutes: Sequence[datetime], rows: Mapping[datetime, Rows], until: datetime
) -> Rollout:
    """Return the rollout with a record of how these minutes were judged."""
    if not minutes:  # nothing, or a skipped silence, which leaves a gap in what was remembered
        kept = rollout.rereading.recent if until == rollout.judging.judged_until else ()
        return rollout.with_rereading(recent=kept)
    splits = list(rollout.rereading.splits)
    for minute in minutes:
        split = _split_of(rollout, minute)
        if not splits or replace(split, since=splits[-1].since) != splits[-1]:
            splits.append(split)
    counts = [counts_of(rollout, rows.get(minute, {})) for minute in minutes]
    most = max(TRAILING, 2 * rollout.telemetry_lag) // MINUTE
    recent = (*rollout.rereading.recent, *counts)[-most:]
    after = rollout.with_rereading(splits=tuple(splits), recent=recent)
    silent = any(_missing_arm(rollout, minute, rows.get(minute, {})) == rollout.blue for minute in minutes)
    if not silent or after.rereading.blue_silent or rollout.blue is None:
        return after
    found = reason(ReasonCode.BLUE_NOT_LOGGED, deployment=rollout.blue, other=rollout.green)
    return after.with_rereading(blue_silent=True, news=(*after.rereading.news, found))


def _missing_arm(rollout: Rollout, minute: datetime, rows: Rows) -> str | None:
    """Return the deployment without requests in this minute that should have some, judging by the other one's."""
    weight, mirror = rollout.traffic.weight, rollout.traffic.mirror
    if rollout.blue is None or not _steady(rollout, minute) or not (mirror or 0 < weight < 100):
        return None
    share = mirror / 100 if mirror else weight / (100 - weight)  # green's requests per request to blue
    counts = counts_of(rollout, rows)
    absent = missing(counts.green, counts.blue, share)
    return rollout.green if absent == "green" else rollout.blue if absent == "blue" else None


def _awaited(rollout: Rollout, minute: datetime, rows: Rows, settled_until: datetime | None) -> bool:
    """Return whether a minute is deferred, for a limited time, because one deployment's rows may still arrive."""
    wait = max(rollout.telemetry_lag, ARM_WAIT)
    recently = settled_until is not None and settled_until - minute - MINUTE < wait
    return recently and _missing_arm(rollout, minute, rows) is not None


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


def next_weight(rollout: Rollout) -> int | None:
    """Return the share that green would get next, in percent; None if it has all traffic."""
    if rollout.traffic.weight >= 100:
        return None
    return rollout.policy.next_weight(rollout.progress.step)


def _steps(rollout: Rollout, calibration: Calibration, observation: Observation) -> Iterator[tuple[datetime, Evidence]]:
    """Yield each newly settled minute, with the evidence after it."""
    since, until = rollout.judging.judged_until, observation.settled_until
    rows = by_minute(
        row
        for row in observation.minutes or ()
        if since is not None and row.minute >= since and (until is None or row.minute < until)
    )
    evidence = rollout.judging.evidence
    # Pairs of answers that cannot be read are none: green must not pass a gate by collecting nothing.
    unread = observation.missing.keys() - {setting.name for setting in calibration.panel.gates if setting.mirrored}
    for minute in span([*rows, since] if rows and since else []):
        if _awaited(rollout, minute, rows.get(minute, {}), until):
            return
        split = _split_of(rollout, minute)
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


def _steady(rollout: Rollout, minute: datetime) -> bool:
    return rollout.traffic.steady_since is not None and minute >= ceil_minute(rollout.traffic.steady_since)


def _split_of(rollout: Rollout, minute: datetime) -> Split:
    """Return the traffic split at which a minute is judged now."""
    steady, before = _steady(rollout, minute), rollout.traffic.before
    earlier = before.weight if before is not None and before.covers(minute) else None
    live = max(present_weight(rollout), 0) if steady else earlier
    return Split(minute, present_weight(rollout), next_weight(rollout), steady, live)


def judged_minute(
    rollout: Rollout, calibration: Calibration, split: Split, rows: Rows, missing: Collection[str]
) -> JudgedMinute:
    """Return what the judge sees of one minute. missing: gates without evidence."""
    green, blue = rows.get(rollout.green), rows.get(rollout.blue or "")
    judged = _unloaded(calibration, green, blue)
    gates = zip(calibration.panel.gates, calibration.samples, strict=True)
    return JudgedMinute(
        gates=tuple([None if setting.name in missing else gate_minute(samples, *judged) for setting, samples in gates]),
        weight=split.weight,
        next_weight=split.next_weight,
        steady=split.steady,
        green=green.total if green else 0,
        blue=blue.total if blue else 0,
        answered=green.total - green.bad if green else 0,
        live=live_minute(split, green, blue),
    )


def _unloaded(calibration: Calibration, green: Row, blue: Row) -> tuple[Row, Row]:
    """Return both deployments' minutes, without what a lack of capacity did to them if both are overloaded.

    Then 429, 408 and slow answers say how many instances each has for its share, not how good its model is. A rollback
    would take away capacity when it is needed most. What only one of them has still counts, and so does what makes
    green far worse than blue: too few instances do not explain that.
    """
    if green is None or blue is None or calibration.alarms is None:
        return green, blue
    overloaded, tuning = calibration.alarms.overloaded, calibration.panel.tuning
    if not all(beyond(Counts(row.overloaded, row.total), overloaded, tuning) for row in (green, blue)):
        return green, blue
    most = math.ceil(green.total * severe_limit(blue.overloaded / blue.total, tuning))
    return _without_overload(green, most), _without_overload(blue, blue.overloaded)


def _without_overload(row: DeploymentMinute, most: int) -> DeploymentMinute:
    excused = min(row.overloaded, most)
    return replace(row, total=row.total - excused, bad=row.bad - excused, slowness=None, percentiles=None)
