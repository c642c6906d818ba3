"""Deployments that Azure reports as failed or gone, and failing a rollout without leaving anything behind."""

from __future__ import annotations

from datetime import datetime

from shared.core.observation.observation import EndpointSeen
from shared.core.phases import STEERING, Phase
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import ALL, Rollout


def failed(rollout: Rollout, why: Reason, now: datetime) -> Decision:
    """Return the failure of a rollout. What it created is cleaned up before it is finished: see `cleaning`."""
    made = rollout.placement is not None
    ended = rollout.with_ending(clean_after=now) if made else rollout.finish(now)
    return history.moved(ended, Phase.FAILED, why, now)


def blue_lost(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Pause without blue, unless Teal has given green all traffic: there is nothing to compare with or return to.

    A green that has passed its smoke test may be the solution, so the rollout pauses for an operator to decide.
    """
    stepping = rollout.phase in {Phase.STEPPING, Phase.PAUSED}
    alone = endpoint.traffic == {rollout.green: ALL} and rollout.traffic.weight == ALL
    if rollout.blue is None or not endpoint.broken(rollout.blue) or alone:
        return None
    lost = reason(ReasonCode.BLUE_LOST, deployment=rollout.blue, observed_traffic=dict(endpoint.traffic))
    if rollout.phase is Phase.PROVISIONING and rollout.blue not in endpoint.deployments:
        return failed(rollout, lost, now)
    if stepping and endpoint.broken(rollout.green):  # a blue that failed may recover: the rollback waits for it
        both = both_unhealthy(rollout, endpoint, None)
        return failed(rollout, both, now) if endpoint.gone(rollout.blue) else None
    if not stepping or not rollout.smoke_passed or rollout.status.reason.code is ReasonCode.BLUE_LOST:
        return None
    lost.facts["other"] = rollout.green
    return history.moved(rollout.with_progress(in_pause_step=False), Phase.PAUSED, lost, now)


def both_unhealthy(rollout: Rollout, endpoint: EndpointSeen, because: Reason | None) -> Reason:
    """Return the reason that neither deployment is reliable, so the traffic stays. because: why to roll back."""
    return reason(
        ReasonCode.BOTH_UNHEALTHY,
        because=because,
        deployment=rollout.blue or "",
        other=rollout.green,
        observed_traffic=dict(endpoint.traffic),
    )


def nothing_to_return_to(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether green alone serves an endpoint that had no traffic before, and no operator requested a rollback.

    A rollback would leave no deployment that answers.
    """
    why = rollout.status.reason
    asked = why.code is ReasonCode.OPERATOR_ROLLBACK and why.facts.get("actor") != history.TEAL
    return rollout.first and endpoint.traffic == {rollout.green: ALL} and not asked


def green_lost(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Return the rollback of a rollout whose green failed or was deleted."""
    if rollout.phase not in STEERING - {Phase.PROVISIONING} or not endpoint.broken(rollout.green):
        return None
    return history.moved(rollout, Phase.ROLLING_BACK, reason(ReasonCode.GREEN_LOST, deployment=rollout.green), now)
