"""Changes and confirms green's share of the traffic, for steps and promotion."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from shared.core.judge.panel import Evidence, begin_step
from shared.core.judge.verdict import Cause
from shared.core.observation.observation import EndpointSeen
from shared.core.observation.spans import floor_minute
from shared.core.phases import Phase
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.rollout.status import Progress
from shared.core.rollout.traffic_plan import PastWeight, TrafficPlan


def next_step(rollout: Rollout, why: Reason, now: datetime, actor: str = history.TEAL) -> Decision:
    """Return the decision to start the next step or, after the last one, to promote."""
    ahead = replace(rollout.with_traffic(mirror=0), progress=Progress(step=rollout.progress.step + 1, since=now))
    if rollout.traffic.mirror:
        ahead = ahead.with_traffic(steady_since=None)  # until the next share is in force, nothing is judged
    if actor == history.TEAL:
        ahead = ahead.with_judging(comparison="none")  # green has passed it; an operator's promotion shows nothing
    phase = Phase.PROMOTING if ahead.current_step is None else Phase.STEPPING
    return history.moved(ahead, phase, why, now, actor)


def shift_weight(rollout: Rollout, weight: int, endpoint: EndpointSeen, now: datetime) -> Rollout:
    """Return the rollout that wants this percentage of live traffic on green, with a fresh certificate for it."""
    wanting = at_new_split(rollout, now).with_traffic(weight=weight)
    # Azure may carry out an earlier order of Teal's only now. After that, the same split is someone else's edit.
    ordered = () if rollout.orders.traffic is None or rollout.orders.shown else (rollout.orders.traffic,)
    ours = [endpoint.traffic]
    ours += [traffic for traffic in (*ordered, wanting.wanted_traffic) if traffic not in ours]
    return wanting.with_traffic(expected=tuple(ours), edited=None)


def at_new_split(rollout: Rollout, now: datetime) -> Rollout:
    """Return the rollout at the start of a new traffic split, for which nothing is certified yet."""
    rollout = rollout if rollout.rereading.began else _untried(rollout)
    since = rollout.judging.judged_until or floor_minute(now)
    fresh = rollout.with_traffic(steady_since=None, before=_before(rollout.traffic, now)).with_judging(
        assessment=None, judged_until=since, evidence=begin_step(rollout.judging.evidence)
    )
    return fresh.with_rereading(began=rollout.rereading.began or since)


def _untried(rollout: Rollout) -> Rollout:
    """Return the rollout without blue's minutes before green's first: they are not evidence about green."""
    return rollout.with_judging(judged_until=None, evidence=Evidence()).with_rereading(recent=(), splits=())


def _before(traffic: TrafficPlan, now: datetime) -> PastWeight | None:
    """Return the weight that was in force until now; an earlier one if this one never was."""
    if traffic.steady_since is None:
        return traffic.before
    if traffic.mirror or not traffic.weight:
        return None
    return PastWeight(traffic.weight, traffic.steady_since, now)


def in_force(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether the wanted traffic is observed and no write is still under way."""
    mirrored = endpoint.mirror.get(rollout.green, 0)
    return not endpoint.busy and endpoint.traffic == rollout.wanted_traffic and mirrored == rollout.traffic.mirror


def steadied(rollout: Rollout, now: datetime) -> Rollout:
    """Return the rollout with its wanted traffic observed: from now on its minutes count."""
    return rollout.with_traffic(steady_since=now)


def first_traffic(rollout: Rollout, weight: int | None, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return the decision for an endpoint where nothing else serves: all traffic at once, without a verdict.

    There is nothing to share traffic with or to compare green with.
    """
    if weight != 100:
        return next_step(rollout, reason(ReasonCode.STEP_SKIPPED), now)
    if rollout.traffic.weight < 100:
        return history.noted(shift_weight(rollout, 100, endpoint, now), weight_requested(rollout, 100), now)
    if not in_force(rollout, endpoint):
        return Decision(rollout)
    return next_step(rollout, share_observed(rollout), now)


def weight_requested(rollout: Rollout, weight: int) -> Reason:
    """Return the reason for changing green's weight, with the unjudged gates if it is the first change."""
    asked = reason(ReasonCode.WEIGHT_REQUESTED, deployment=rollout.green, weight=weight)
    return _with_unjudged(asked, rollout)


def mirror_requested(rollout: Rollout, percent: int, others: list[str]) -> Reason:
    """Return the reason for mirroring traffic to green. others: deployments that lose their mirror."""
    asked = reason(ReasonCode.MIRROR_REQUESTED, deployment=rollout.green, mirror=percent)
    if others:
        asked.facts["others"] = others
    return _with_unjudged(asked, rollout)


def share_observed(rollout: Rollout) -> Reason:
    """Return the reason that green's weight or mirror is in force."""
    if rollout.traffic.mirror:
        return reason(ReasonCode.MIRROR_OBSERVED, deployment=rollout.green, mirror=rollout.traffic.mirror)
    return reason(ReasonCode.WEIGHT_OBSERVED, deployment=rollout.green, weight=rollout.traffic.weight)


def waited(rollout: Rollout, patience: timedelta, inconclusive: str, now: datetime) -> Decision:
    """Return the decision while the judge is undecided: wait; after `patience`, pause or advance uncertified.

    If an operator has overruled the judge, its doubts do not stop the rollout, but the loss of telemetry does.
    """
    verdict = rollout.verdict
    began = max(rollout.progress.since or rollout.status.since, rollout.traffic.steady_since or rollout.status.since)
    if now - began - rollout.later_than_configured < patience:
        return Decision(rollout)
    why, limit = waiting_for(rollout), patience.total_seconds()
    unseen = rollout.observed.telemetry_problem is not None
    blind = verdict is None or unseen or rollout.suspicious or verdict.cause is Cause.STARVED
    overruled = rollout.judge_overruled and not unseen
    if overruled or (inconclusive == "advance" and not blind):
        ahead = reason(ReasonCode.STEP_UNCERTIFIED, because=why, limit_seconds=limit)
        if overruled and rollout.override is not None:
            ahead.facts["actor"] = rollout.override.by
        return next_step(rollout, ahead, now)
    stopped = reason(ReasonCode.EVIDENCE_INSUFFICIENT, because=why, limit_seconds=limit)
    return history.moved(rollout, Phase.PAUSED, stopped, now)


def waiting_for(rollout: Rollout) -> Reason:
    """Return the reason for which a step is waiting."""
    if not rollout.telemetry_proven and rollout.observed.unproven is not None:
        return reason(ReasonCode.TELEMETRY_UNPROVEN, because=rollout.observed.unproven, deployment=rollout.green)
    if rollout.observed.telemetry_problem:
        return reason(ReasonCode.TELEMETRY_UNAVAILABLE, message=rollout.observed.telemetry_problem)
    why = rollout.verdict_reason
    if why is not None:
        return why
    if rollout.observed.missing_gates:
        return reason(ReasonCode.GATES_NOT_CALIBRATED, unjudged=dict(rollout.observed.missing_gates))
    return reason(ReasonCode.NOTHING_JUDGED)


def _with_unjudged(asked: Reason, rollout: Rollout) -> Reason:
    calibration, judged = rollout.judging.calibration, rollout.rereading.began or rollout.first
    unjudged = calibration.unjudged if calibration and not judged else {}
    if unjudged:
        asked.facts["unjudged"] = dict(unjudged)
    return asked
