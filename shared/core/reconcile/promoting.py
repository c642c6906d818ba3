"""Promotion: green gets all live traffic, is watched for a while, and then serves.

A green that looks harmful is never promoted: the step's deadline rolls it back. `comparing` compares it with blue.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.core.observation.observation import EndpointSeen
from shared.core.phases import Phase
from shared.core.reconcile.probing import answers_for_long, can_probe, green_requests_seen_lately
from shared.core.reconcile.rereading import recheck, recheck_due
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import ALL, Rollout
from shared.core.steps.traffic import in_force, share_observed, shift_weight, steadied, waiting_for, weight_requested

# How long telemetry can be missing before a bake is reported as held.
UNSEEN = timedelta(minutes=10)


def promote(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return the decision while green is receiving all live traffic."""
    if not rollout.telemetry_proven or not _judged(rollout):
        return Decision(rollout)
    if rollout.traffic.mirror:
        return Decision(rollout.with_traffic(mirror=0))
    if rollout.traffic.weight != 100:
        return history.noted(shift_weight(rollout, 100, endpoint, now), weight_requested(rollout, 100), now)
    return _baked(rollout, now) if in_force(rollout, endpoint) else Decision(rollout)


def confirmed(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Record that green has its share or its mirror, even on hold.

    The end of the hold may only be visible at that share: an incident on a blue without traffic never ends, and a
    traffic mismatch ends only with minutes at this weight. Any later change of the traffic is then an edit.
    """
    wanted = rollout.traffic.weight or rollout.traffic.mirror
    if not wanted or rollout.phase not in {Phase.STEPPING, Phase.PROMOTING} or rollout.first:
        return None
    if rollout.traffic.steady_since is not None or not in_force(rollout, endpoint):
        return None
    return history.noted(steadied(rollout, now), share_observed(rollout), now)


def unseen(rollout: Rollout, now: datetime) -> Reason | None:
    """Return why a green with all traffic is not promoted even though time passes: nothing shows how it performs."""
    since, last = rollout.traffic.steady_since, rollout.observed.last
    if rollout.first:
        return _unprobed(rollout, now)
    if (
        rollout.phase is not Phase.PROMOTING
        or rollout.traffic.weight != ALL
        or since is None
        or rollout.judge_overruled
    ):
        return None
    blind = rollout.observed.telemetry_problem is not None and now - max(since, last or since) >= UNSEEN
    patient = _waited(rollout, now) < rollout.policy.judge.patience
    silent = not (patient or rollout.suspicious or (_answered(rollout, now) and _known(rollout, now)))
    return reason(ReasonCode.BAKE_UNSEEN, deployment=rollout.green) if blind or silent else None


def _unprobed(rollout: Rollout, now: datetime) -> Reason | None:
    """Return the reason if a first deployment could not be probed for some time; that is not a failure."""
    probe, long = rollout.observed.probe, now - rollout.status.since >= UNSEEN
    unknown = probe is not None and probe.at == now and probe.healthy is None
    waits = rollout.phase is Phase.PROMOTING and not rollout.judge_overruled
    return reason(ReasonCode.BAKE_UNSEEN, deployment=rollout.green) if waits and unknown and long else None


def _baked(rollout: Rollout, now: datetime) -> Decision:
    """Promote once green was watched long enough with all traffic, or patience ran out without harm."""
    why = _passed(rollout)
    if rollout.observed.telemetry_problem is not None and not (rollout.first or rollout.judge_overruled):
        return Decision(rollout)
    if why is None:
        suspicious = rollout.suspicious
        if suspicious or not _answered(rollout, now) or _waited(rollout, now) < rollout.policy.judge.patience:
            return Decision(rollout)
        limit = rollout.policy.judge.patience.total_seconds()
        why = reason(ReasonCode.PROMOTED_UNCERTIFIED, because=waiting_for(rollout), limit_seconds=limit)
    if not _known(rollout, now):
        return Decision(rollout)
    if recheck_due(rollout) and not (rollout.first or rollout.judge_overruled):
        return Decision(recheck(rollout))
    done = rollout.with_rereading(rechecked=None)  # everything is read again before blue is deleted
    return history.moved(done.with_ending(clean_after=now + rollout.policy.keep_blue), Phase.PROMOTED, why, now)


def _judged(rollout: Rollout) -> bool:
    """Return whether green can be judged at 100 %, or need not be."""
    return rollout.judging.calibration is not None or rollout.first or rollout.judge_overruled


def _answered(rollout: Rollout, now: datetime) -> bool:
    """Return whether green answered requests in at least one complete minute with all traffic, or need not have.

    If there were no requests before either, it is enough that it answers the smoke requests.
    """
    if rollout.first or rollout.judge_overruled:
        return True
    minutes = rollout.verdict.settled_minutes if rollout.verdict is not None else 0
    idle = not any(any(counts) for counts in rollout.rereading.recent)
    return minutes > 0 or (idle and answers_for_long(rollout, now))


def _known(rollout: Rollout, now: datetime) -> bool:
    """Return whether green was recently seen to answer: by the log or, if it is silent, by the smoke requests.

    A first deployment's log is not judged, so only the smoke requests count, if there are any.
    """
    heard = not can_probe(rollout) if rollout.first else green_requests_seen_lately(rollout, now)
    if rollout.judge_overruled or heard:
        return True
    return answers_for_long(rollout, now)


def _waited(rollout: Rollout, now: datetime) -> timedelta:
    """Return how long green has been seen with all traffic, not counting time that was not observed."""
    return now - max(rollout.traffic.steady_since or now, rollout.status.since) - rollout.later_than_configured


def _passed(rollout: Rollout) -> Reason | None:
    """Return why green can be promoted now, or None while it is still being watched."""
    if rollout.first:
        return reason(ReasonCode.FIRST_DEPLOYMENT_PROMOTED, deployment=rollout.green)
    return rollout.verdict_reason if rollout.passes else None
