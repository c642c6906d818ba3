"""Late rows: judged minutes are read again, and everything is judged again if any of them has grown.

Late rows do not change evidence directly: it is rebuilt from green's first minute, each minute once, with its current
counts and traffic split. Nothing irreversible happens before such a reading. There are too many collected answers to
read them again: their gates' evidence stays as it was, and continues with minutes that are old enough to have answers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.core.gates.calibration import Calibration
from shared.core.judge import panel
from shared.core.judge.panel import Evidence
from shared.core.judge.verdict import Outcome
from shared.core.observation.observation import DeploymentMinute, EndpointSeen, Observation
from shared.core.observation.spans import MINUTE
from shared.core.phases import JUDGED, Phase
from shared.core.reconcile import gaps
from shared.core.reconcile.judged_minutes import by_minute, counts_of, judged_minute, present_weight
from shared.core.reconcile.judging import Judged, assessed, judge_minutes
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import ALL, Rollout
from shared.core.rollout.rereading import Recheck, Split

FRESH = timedelta(minutes=5)
LONGEST_LAG = timedelta(hours=1)


def judge(rollout: Rollout, observation: Observation) -> Judged:
    """Return the rollout after judging the new minutes or, if necessary, old ones again."""
    calibration = rollout.judging.calibration
    if observation.minutes is None or observation.settled_until is None or calibration is None:
        return judge_minutes(rollout, observation)
    if rollout.rereading.recheck is not None:
        return Judged(
            _rejudged(rollout, rollout.rereading.recheck, calibration, observation, observation.settled_until)
        )
    late = _late(rollout, observation, observation.settled_until)
    return judge_minutes(rollout, observation) if late is None else Judged(late)


def recheck_due(rollout: Rollout) -> bool:
    """Return whether more than the last few minutes were judged and have not been read again since."""
    began, until, rechecked = rollout.rereading.began, rollout.judging.judged_until, rollout.rereading.rechecked
    if began is None or until is None or began == until:
        return False
    return rechecked is None or until - rechecked > FRESH


def recheck(rollout: Rollout) -> Rollout:
    """Return the rollout with a recheck of everything since green's first minute, over the next reconciles."""
    began = rollout.rereading.began
    if began is None or rollout.rereading.recheck is not None:
        return rollout
    return rollout.with_rereading(recheck=Recheck(began), rechecked=None)


def with_certificates_restarted(rollout: Rollout) -> Rollout:
    """Return the rollout without certificates if blue was in an incident up to the last judged minute.

    The evidence of harm stays. A recheck restarts the certificates at the same minute.
    """
    until, calibration, pending = rollout.judging.judged_until, rollout.judging.calibration, rollout.rereading.recheck
    if until is None or rollout.rereading.certified_since != until or calibration is None or pending is not None:
        return rollout
    evidence = panel.restart_certificates(rollout.judging.evidence)
    return rollout if evidence == rollout.judging.evidence else assessed(rollout, evidence, calibration)


def harm_uncompared(rollout: Rollout) -> bool:
    """Return whether late rows showed harm after the promotion, but only while green was alone, as in a shared outage.

    Before the promotion, green would be compared with blue again. Afterwards an operator decides whether to go back. A
    green that never had traffic next to blue is rolled back: nothing else speaks for it.
    """
    return rollout.phase is Phase.PROMOTED and rollout.rereading.uncompared and not rollout.judge_overruled


def minutes_to_store(rollout: Rollout, rows: Sequence[DeploymentMinute]) -> tuple[DeploymentMinute, ...]:
    """Return the rows that were read to judge green: not earlier ones, nor those reread to see whether they grew."""
    until = rollout.judging.judged_until
    if rollout.rereading.began is None and rollout.phase in JUDGED:
        return ()
    if until is None or rollout.rereading.recheck is not None:
        return tuple(rows)
    return tuple([row for row in rows if row.minute >= until])


def report(rollout: Rollout, _endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Add what judging found to the history, one finding at a time."""
    news = rollout.rereading.news
    return history.noted(rollout.with_rereading(news=news[1:]), news[0], now) if news else None


def _late(rollout: Rollout, observation: Observation, settled_until: datetime) -> Rollout | None:
    """Return the rollout with a recheck because minutes grew; None if none did.

    There is no verdict during the recheck. The lag is raised to what would have been enough: the row was missing at the
    last reading. The same applies to minutes for which a gate had no data and has some now; if these cannot be judged
    again, there is no verdict until the next minute is judged.
    """
    until, recent = rollout.judging.judged_until, rollout.rereading.recent
    if until is None:
        return None
    rows = by_minute(observation.minutes or ())
    first = until - len(recent) * MINUTE
    grown = [
        minute
        for minute, counts in zip(_minutes(first, until), recent, strict=True)
        if counts.grew(counts_of(rollout, rows.get(minute, {})))
    ]
    known = gaps.filled(rollout, rows) if rollout.telemetry_lag < LONGEST_LAG else {}
    oldest = min([*grown, *(minute for minutes in known.values() for minute in minutes)], default=None)
    if oldest is None:
        return None
    read_at = settled_until + rollout.telemetry_lag
    age = (rollout.rereading.read_at or read_at) + MINUTE - oldest
    late = with_longer_lag(gaps.without(rollout, known).with_judging(assessment=None), age)
    again = grown or known.keys() & recountable(rollout)
    return recheck(late.with_rereading(read_at=read_at)) if again else late.with_rereading(read_at=read_at)


def with_longer_lag(rollout: Rollout, age: timedelta) -> Rollout:
    """Return the rollout with a lag that covers rows of this age, an hour at most; the history says so once.

    A lag that is already longer stays.
    """
    lag = max(rollout.telemetry_lag, min(age, LONGEST_LAG))
    late = rollout.with_rereading(lag=lag)
    if rollout.rereading.lag is not None:
        return late
    configured = rollout.policy.judge.telemetry_lag.total_seconds()
    found = reason(ReasonCode.TELEMETRY_LATE, limit_seconds=configured, delay_seconds=lag.total_seconds())
    return late.with_rereading(news=(*late.rereading.news, found))


def _rejudged(
    rollout: Rollout, under_way: Recheck, calibration: Calibration, observation: Observation, read_until: datetime
) -> Rollout:
    """Return the rollout after the next part of a recheck; the last part replaces the evidence."""
    until = rollout.judging.judged_until or read_until
    rows, evidence, beside = by_minute(observation.minutes or ()), under_way.evidence, under_way.beside
    promoted = rollout.phase is Phase.PROMOTED
    kept = {setting.name for setting in calibration.panel.gates} - recountable(rollout) | observation.missing.keys()
    lost = tuple(sorted({*under_way.lost, *observation.missing}))
    for minute in _minutes(under_way.until, min(until, read_until)):
        split = _split_at(rollout, minute)
        seen = judged_minute(rollout, calibration, split, rows.get(minute, {}), kept)
        known = panel.restart_certificates(evidence) if minute == rollout.rereading.certified_since else evidence
        evidence = panel.add_minute(known, seen, calibration.panel)
        beside = panel.add_minute(beside, seen, calibration.panel) if promoted and not split.alone else beside
    if read_until < until:
        return rollout.with_rereading(recheck=Recheck(read_until, evidence, beside, lost))
    merged = _merged(rollout, calibration, evidence, lost)
    first = max(under_way.until, until - len(rollout.rereading.recent) * MINUTE)
    recent = tuple([counts_of(rollout, rows.get(minute, {})) for minute in _minutes(first, until)])
    done = rollout.with_rereading(recheck=None, rechecked=until, recent=recent)
    after, compared = assessed(done, merged, calibration), _merged(rollout, calibration, beside, lost)
    ever = any(split.steady and split.weight and split.weight < ALL for split in rollout.rereading.splits)
    alone = ever and promoted and _fails(after) and not _fails(assessed(done, compared, calibration))
    return after.with_rereading(uncompared=alone)


def _fails(rollout: Rollout) -> bool:
    return rollout.verdict is not None and rollout.verdict.outcome is Outcome.FAIL


def recountable(rollout: Rollout) -> set[str]:
    """Return the gates whose data can be read again as a whole, for any span."""
    judge = rollout.policy.judge
    return {gate.name for gate in judge.gates if not any(need.sampled for need in gate.needs(judge))}


def _merged(rollout: Rollout, calibration: Calibration, again: Evidence, lost: Collection[str]) -> Evidence:
    """Return the new evidence plus what only the old one has; certificates for earlier splits are dropped."""
    old, counted = rollout.judging.evidence, recountable(rollout).difference(lost)
    gates = zip(calibration.panel.gates, old.of(calibration.panel), again.of(calibration.panel), strict=True)
    merged = replace(again, gates=tuple([new if setting.name in counted else kept for setting, kept, new in gates]))
    if merged.weight != present_weight(rollout):
        return panel.begin_step(merged)
    anew = rollout.rereading.certified_since == rollout.judging.judged_until
    return panel.restart_certificates(merged) if anew else merged


def _split_at(rollout: Rollout, minute: datetime) -> Split:
    splits = [split for split in rollout.rereading.splits if split.since <= minute]
    return splits[-1] if splits else Split(minute, present_weight(rollout), None, steady=False)


def _minutes(since: datetime, until: datetime) -> Iterator[datetime]:
    while since < until:
        yield since
        since += MINUTE
