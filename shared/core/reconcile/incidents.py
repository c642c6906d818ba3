"""Incidents that affect blue or everything: nothing advances while either deployment is far worse than blue's past.

The judge decides whether green is worse than blue. This decides whether now is a time to change anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from shared.core.gates.alarms import Alarms, GateAlarm
from shared.core.gates.samples import NOTHING
from shared.core.judge import incident
from shared.core.judge.incident import Alarm, Watch
from shared.core.judge.odds import Counts
from shared.core.observation.observation import DeploymentMinute, Observation
from shared.core.phases import JUDGED, Phase
from shared.core.rollout.judge_state import Watches
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout

COUNTED = {  # by what the alarms of gates count
    "slow_answers": ReasonCode.INCIDENT_SLOW,
    "slow_medians": ReasonCode.INCIDENT_SLOW,
    "predicted_label": ReasonCode.INCIDENT_UNREADABLE,
}
INCIDENTS = frozenset({ReasonCode.INCIDENT, ReasonCode.OVERLOAD, *COUNTED.values()})
LAST = 5  # minutes whose failures and requests count
SURGE = 2.0  # times the requests that blue handled in its busiest minute


def watched(rollout: Rollout, since: datetime | None, observation: Observation) -> Rollout:
    """Return the rollout after watching every minute judged from `since` on for incidents, each once.

    If blue was in one, these minutes certify nothing: next to it, any green looks good.
    """
    alarms, until = rollout.alarms, rollout.judging.judged_until
    if alarms is None or since is None or until is None or until <= since:
        return rollout
    sick = False
    for row in sorted(observation.minutes or (), key=lambda row: row.minute):
        if since <= row.minute < until:
            rollout = rollout.with_judging(watches=_after(rollout.judging.watches, row, rollout, alarms))
            sick = sick or (_applies(rollout) and any(watch.declared for watch in _watches_of_blue(rollout)))
    return rollout.with_rereading(certified_since=until) if sick else rollout


def incident_now(rollout: Rollout) -> Reason | None:
    """Return the incident that holds the rollout, or None. Overruling the judge also overrules this."""
    if not _applies(rollout) or rollout.alarms is None:
        return None
    watches, alarms = rollout.judging.watches, rollout.alarms
    of_blue = None if rollout.alone else _incident_of_blue(rollout, alarms)
    if of_blue is not None and of_blue.code is ReasonCode.OVERLOAD:
        return of_blue
    if watches.green_overloaded.declared:
        return overload(rollout, alarms)
    if watches.green_failed.declared and _without_blue(rollout):
        return _reason(ReasonCode.GREEN_FAILS_ALONE, rollout.green, alarms.failed)
    return of_blue


def _incident_of_blue(rollout: Rollout, alarms: Alarms) -> Reason | None:
    """Return what is wrong with blue, next to green, if anything is."""
    watches = rollout.judging.watches
    if watches.blue_overloaded.declared:
        return _reason(ReasonCode.OVERLOAD, rollout.blue, alarms.overloaded)
    if watches.blue_failed.declared and not _replaceable_by_green(rollout, watches.green_failed):
        return _reason(ReasonCode.INCIDENT, rollout.blue, alarms.failed)
    seen = next((name for name, watch in _gates_that_hold(rollout) if watch.declared), None)
    return None if seen is None else _counted_reason(alarms.gates[seen], rollout.blue)


def overload(rollout: Rollout, alarms: Alarms) -> Reason:
    """Return the reason that green is overloaded."""
    return _reason(ReasonCode.OVERLOAD, rollout.green, alarms.overloaded)


def blue_fails(rollout: Rollout) -> bool:
    """Return whether blue failed, or was overloaded, far beyond its past when it last had requests."""
    watches = rollout.judging.watches
    return watches.blue_failed.declared or watches.blue_overloaded.declared


def clears_green(rollout: Rollout, why: Reason) -> bool:
    """Return whether this hold exonerates green: blue is failing next to it, or there is a surge of requests."""
    of_blue = why.code in INCIDENTS | {ReasonCode.ROLLBACK_WITHHELD} and why.facts.get("deployment") == rollout.blue
    return of_blue or (why.code is ReasonCode.OVERLOAD and surging(rollout))


def surging(rollout: Rollout) -> bool:
    """Return whether there is a surge: far more requests in the last minutes than blue ever handled in its past."""
    last, busiest = rollout.rereading.recent[-LAST:], rollout.judging.pulse.busiest
    total = sum(minute.green + minute.blue for minute in last)
    return busiest > 0 and total > SURGE * busiest * max(len(last), 1)


def suspected(rollout: Rollout) -> bool:
    """Return whether an incident is likely but not yet certain: nothing advances in the meantime."""
    watches = [rollout.judging.watches.green_overloaded, *_watches_of_blue(rollout)]
    return _applies(rollout) and _doubted(rollout, watches)


def last_looks_harmful(rollout: Rollout) -> bool:
    """Return whether the last judged minute looks harmful by itself to any gate that can roll back.

    Harm that has just begun is not proven yet, and the certificate only covers the minutes before it.
    """
    calibration = rollout.judging.calibration
    if calibration is None or not _applies(rollout):
        return False
    line, settings = calibration.panel.tuning.log_suspicion, calibration.panel.gates
    last = zip(rollout.judging.evidence.of(calibration.panel), settings, strict=True)
    return any(one.last > line for one, setting in last if setting.share > 0)


def _watches_of_blue(rollout: Rollout) -> list[Watch]:
    """Return blue's watches, next to green, except those for which the policy lets green replace it."""
    watches = rollout.judging.watches
    if rollout.alone:
        return []
    failed = [] if _replaceable_by_green(rollout, watches.green_failed) else [watches.blue_failed]
    return [watches.blue_overloaded, *failed, *[watch for _, watch in _gates_that_hold(rollout)]]


def _doubted(rollout: Rollout, watches: Iterable[Watch]) -> bool:
    """Return whether any of these watches shows that an incident is likely."""
    calibration = rollout.judging.calibration
    if calibration is None or rollout.alarms is None:
        return False
    tuning = calibration.panel.tuning
    return any(incident.log_odds(watch, tuning) > tuning.log_suspicion for watch in watches)


def _applies(rollout: Rollout) -> bool:
    """Return whether there is still a way back to blue, and no operator has overruled the judge.

    A blue without traffic shows nothing, so while green is alone, only green's overload counts.
    """
    return rollout.phase in JUDGED and rollout.blue is not None and not rollout.judge_overruled


def _without_blue(rollout: Rollout) -> bool:
    """Return whether someone else gave green traffic and blue none, so that there is nothing to judge green by."""
    found = rollout.traffic.edited or {}
    return rollout.phase is Phase.PAUSED and rollout.green in found and rollout.blue not in found


def _replaceable_by_green(rollout: Rollout, green: Watch) -> bool:
    """Return whether the policy lets a healthy green replace a failing blue. green: the same watch of green.

    A green without any traffic is healthy if it passed the smoke test; otherwise it would never get its first weight.
    """
    untried = rollout.rereading.began is None and rollout.smoke_passed
    return rollout.policy.judge.failing_blue == "replace" and not green.declared and (green.calm > 0 or untried)


def _gates_that_hold(rollout: Rollout) -> list[tuple[str, Watch]]:
    """Return blue's watches by gate; if the policy allows it, without those of problems that green does not share."""
    watches = rollout.judging.watches
    return [
        (name, watch)
        for name, watch in watches.blue_gates.items()
        if not _replaceable_by_green(rollout, watches.green_gates.get(name, Watch()))
    ]


def _counted_reason(of: GateAlarm, deployment: str | None) -> Reason:
    measured = of.sample.measured(0)
    why = _reason(COUNTED[measured["what"]], deployment, of.alarm)
    if (slow := measured.get("blue_slower_than_milliseconds")) is not None:
        why.facts["limit_milliseconds"] = slow
    return why


def _after(watches: Watches, row: DeploymentMinute, rollout: Rollout, alarms: Alarms) -> Watches:
    if row.deployment == rollout.blue:
        return replace(
            watches,
            blue_failed=_seen(watches.blue_failed, row.bad, row, alarms.failed, rollout),
            blue_overloaded=_seen(watches.blue_overloaded, row.overloaded, row, alarms.overloaded, rollout),
            blue_gates=_counted(watches.blue_gates, row, rollout, alarms),
        )
    if row.deployment == rollout.green:
        return replace(
            watches,
            green_failed=_seen(watches.green_failed, row.bad, row, alarms.failed, rollout),
            green_overloaded=_seen(watches.green_overloaded, row.overloaded, row, alarms.overloaded, rollout),
            green_gates=_counted(watches.green_gates, row, rollout, alarms),
        )
    return watches


def _counted(before: dict[str, Watch], row: DeploymentMinute, rollout: Rollout, alarms: Alarms) -> dict[str, Watch]:
    """Return a deployment's watches by gate after one more minute, for which some gates may have no data."""
    after = dict(before)
    for name, of in alarms.gates.items():
        watch = before.get(name, Watch())
        bad, total = next(iter(of.sample.counts(row, green=False) or ()), NOTHING)
        if total:
            after[name] = _after_counts(watch, Counts(bad, total), of.alarm, rollout)
        elif row.total:
            after[name] = incident.add_unseen(watch)
    return after


def _seen(watch: Watch, bad: int, row: DeploymentMinute, of: Alarm, rollout: Rollout) -> Watch:
    return _after_counts(watch, Counts(bad, row.total), of, rollout)


def _after_counts(watch: Watch, counts: Counts, of: Alarm, rollout: Rollout) -> Watch:
    calibration = rollout.judging.calibration
    if calibration is None:
        return watch
    return incident.add_minute(watch, counts, of, calibration.panel.tuning, rollout.policy.judge.risk)


def _reason(code: ReasonCode, deployment: str | None, of: Alarm) -> Reason:
    return reason(code, deployment=deployment or "", limit=of.limit)
