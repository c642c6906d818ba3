"""What an ended rollout leaves behind, and why it still exists."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.core.observation.observation import EndpointSeen
from shared.core.phases import Phase
from shared.core.reconcile import autoscaling
from shared.core.reconcile.rereading import harm_uncompared, recheck_due
from shared.core.reconcile.serving import seen_healthy
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.rollout.refusal import ActionKind

# How long orders may take to show: a green may appear this late, or reappear in the traffic.
LATE = timedelta(minutes=10)


def leftover(rollout: Rollout) -> str | None:
    """Return the deployment that an ended rollout leaves behind: blue if it was promoted, otherwise green.

    Before the rollout was placed, green had not been created: a deployment with that name is someone else's.
    """
    if rollout.phase is Phase.PROMOTED:
        return rollout.blue
    if rollout.placement is None or rollout.phase is Phase.QUEUED:
        return None
    kept = rollout.policy.on_rollback == "keep" and rollout.phase is not Phase.SUPERSEDED
    return None if kept else rollout.green


def why_left(rollout: Rollout, name: str, endpoint: EndpointSeen, now: datetime) -> Reason:
    """Return why the leftover still exists. Operators are never asked to delete the last healthy deployment."""
    serving = endpoint.serving()
    if rollout.ending.unhealthy is not None:
        return reason(ReasonCode.LEFTOVER_KEPT, deployment=name, other=rollout.ending.unhealthy)
    if rollout.phase is Phase.PROMOTED and not endpoint.ready(serving):
        only, sick = ReasonCode.LEFTOVER_ONLY_ONE, ReasonCode.BLUE_KEPT_GREEN_UNHEALTHY
        return reason(sick, deployment=name, other=serving) if serving else reason(only, deployment=name)
    if (why := _undecided(rollout, name)) is not None:
        return why
    if serving is not None and not endpoint.ready(serving):
        return reason(ReasonCode.LEFTOVER_KEPT, deployment=name, other=serving)
    if serving is not None and not seen_healthy(rollout, serving, now):
        return reason(ReasonCode.LEFTOVER_UNCHECKED, deployment=name, other=serving)
    return not_deleted(rollout, name, endpoint)


def _undecided(rollout: Rollout, blue: str) -> Reason | None:
    """Return why it is unknown whether a promoted green did harm; None if it is known."""
    if harm_uncompared(rollout):
        return reason(ReasonCode.BLUE_KEPT_UNCOMPARED, because=rollout.verdict_reason, deployment=blue)
    if rollout.phase is not Phase.PROMOTED or not recheck_due(rollout):
        return None
    return reason(ReasonCode.BLUE_KEPT_UNCHECKED, deployment=blue, message=rollout.observed.telemetry_problem or "")


def not_deleted(rollout: Rollout, name: str, endpoint: EndpointSeen) -> Reason:
    """Return why this deployment, which is not needed, still exists: someone mirrors to it, or Azure refuses."""
    if name in endpoint.mirror:
        return reason(ReasonCode.LEFTOVER_MIRRORED, deployment=name, observed_mirror=endpoint.mirror[name])
    return with_message(reason(ReasonCode.LEFTOVER_NOT_DELETED, deployment=name), rollout)


def own_mirror(rollout: Rollout, endpoint: EndpointSeen) -> Reason | None:
    """Return the reason if Azure has not ended Teal's own mirror. A mirror with another share is somebody else's."""
    share = endpoint.mirror.get(rollout.green)
    if share is None or share != rollout.orders.mirror:
        return None
    why = reason(ReasonCode.LEFTOVER_MIRROR_NOT_ENDED, deployment=rollout.green, observed_mirror=share)
    refused = rollout.refusal is not None and rollout.refusal.action is ActionKind.SET_MIRROR
    return with_message(why, rollout) if refused else why


def gone(rollout: Rollout, name: str) -> Reason:
    """Return the reason that this deployment no longer exists: Teal deleted it, or someone else did."""
    ours = name in rollout.orders.deleted
    return reason(ReasonCode.LEFTOVER_DELETED if ours else ReasonCode.LEFTOVER_GONE, deployment=name)


def given_by_others(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> bool:
    """Return whether someone else gave green traffic after its rollback: too late to be an effect of Teal's orders.

    The cleanup is due from the rollback on, not counting time that was not observed.
    """
    again = rollout.phase is Phase.ROLLED_BACK and rollout.green in endpoint.traffic
    return again and now - (rollout.ending.clean_after or now) >= LATE


def with_size(why: Reason, rollout: Rollout) -> Reason:
    """Return the reason with the instances that the kept blue had, if it stays small or without its autoscaler."""
    small = rollout.ending.blue_scaled_down or rollout.ending.autoscale in autoscaling.SUSPENDED
    if rollout.phase is Phase.PROMOTED and small:
        why.facts["wanted_instances"] = rollout.blue_instances or 0
    return why


def with_message(why: Reason, rollout: Rollout) -> Reason:
    """Return the reason with Azure's message, if it refused something."""
    if rollout.refusal is not None:
        why.facts["message"] = rollout.refusal.message
    return why
