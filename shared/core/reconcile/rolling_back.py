"""Rollback. It needs less than advancing: the endpoint and a healthy blue, but no telemetry.

A blue that fails its requests, or that Azure calls failed, may recover, so the traffic waits for it until the deadline.
A first deployment keeps its traffic unless an operator takes it away: nothing else could answer.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.judge.verdict import Outcome
from shared.core.observation.observation import EndpointSeen
from shared.core.phases import Phase
from shared.core.reconcile.leftovers import LATE
from shared.core.reconcile.losses import both_unhealthy, failed, nothing_to_return_to
from shared.core.reconcile.orders import outstanding, withdrawn
from shared.core.reconcile.probing import blue_is_worse
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout


def roll_back(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return the decision while traffic returns to blue."""
    if rollout.placement is None:
        return _out(rollout, reason(ReasonCode.NOTHING_TO_ROLL_BACK), now)
    if nothing_to_return_to(rollout, endpoint):
        only = reason(ReasonCode.NOTHING_TO_RETURN_TO, because=rollout.status.reason, deployment=rollout.green)
        return failed(rollout, only, now)
    back = rollout.with_traffic(weight=0, mirror=0, steady_since=_without_green_since(rollout, endpoint, now))
    if green_is_out(back, now):
        return _out(back, _returned(rollout, endpoint), now)
    if rollout.blue is not None and endpoint.gone(rollout.blue):
        return failed(back, _blue_unavailable(rollout, endpoint), now)
    return _waiting(back, endpoint, now)


def _waiting(back: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return the decision while green still has traffic: until the deadline, report once what keeps it there."""
    obstacle = _obstacle(back, endpoint, now)
    if obstacle is not None and back.ending.unhealthy_reported != back.blue:  # it may recover: tried again
        return history.noted(back.with_ending(unhealthy_reported=back.blue), obstacle, now)
    limit = back.policy.deadlines.rollback
    if now - back.status.since > limit and not moved_by_others(back):
        why = _refused(back) or obstacle or back.status.reason
        late = reason(
            ReasonCode.DEADLINE_EXCEEDED,
            because=why,
            deadline="rollback",
            limit_seconds=limit.total_seconds(),
        )
        return failed(back, late, now)
    return Decision(back)


def _returned(rollout: Rollout, endpoint: EndpointSeen) -> Reason:
    returned = reason(ReasonCode.TRAFFIC_RETURNED, deployment=rollout.green)
    serving = endpoint.serving()
    if serving:
        returned.facts["other"] = serving
    return returned


def _obstacle(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Reason | None:
    """Return why blue cannot take the traffic back for now: it fails its requests, or Azure calls it failed."""
    if blue_is_worse(rollout, endpoint, now):
        return _blue_unavailable(rollout, endpoint)
    if rollout.blue is None or not endpoint.broken(rollout.blue):
        return None
    return reason(
        ReasonCode.BLUE_FAILED_IN_AZURE,
        because=rollout.status.reason,
        deployment=rollout.blue,
        state=endpoint.deployments[rollout.blue].state.value,
        observed_traffic=dict(endpoint.traffic),
    )


def _blue_unavailable(rollout: Rollout, endpoint: EndpointSeen) -> Reason:
    """Return why traffic does not return to blue: it is unhealthy or gone, and green may be no better."""
    harmful = rollout.verdict is not None and rollout.verdict.outcome is Outcome.FAIL and not rollout.judge_overruled
    if harmful or endpoint.broken(rollout.green):
        return both_unhealthy(rollout, endpoint, rollout.status.reason)
    return reason(
        ReasonCode.BLUE_GONE if endpoint.gone(rollout.blue or "") else ReasonCode.BLUE_UNHEALTHY,
        because=rollout.status.reason,
        deployment=rollout.blue or "",
        observed_traffic=dict(endpoint.traffic),
    )


def _refused(rollout: Rollout) -> Reason | None:
    """Return which order of this rollback Azure refused, if any."""
    refusal = rollout.refusal
    if refusal is None or refusal.message != rollout.orders.refused:
        return None
    return reason(
        ReasonCode.ACTION_REFUSED,
        action=refusal.action.value,
        deployment=refusal.deployment,
        message=refusal.message,
        other=rollout.observed.serving or "",
    )


def _out(rollout: Rollout, why: Reason, now: datetime) -> Decision:
    """Return the end of the rollback; the rollout keeps the reason for which it was rolled back."""
    done = history.moved(rollout, Phase.ROLLED_BACK, rollout.status.reason, now)
    return Decision(done.rollout.with_ending(clean_after=now), (replace(done.entries[0], reason=why),))


def green_is_out(rollout: Rollout, now: datetime) -> bool:
    """Return whether green is observed without live or mirrored traffic, and no order of Teal's can still give it any.

    If Azure refuses the order that takes the traffic back, somebody else may have moved it: that counts once it has
    lasted.
    """
    since = rollout.traffic.steady_since
    if since is None:
        return False
    return withdrawn(rollout) or (moved_by_others(rollout) and now - since >= LATE)


def moved_by_others(rollout: Rollout) -> bool:
    """Return whether green is seen without the traffic that Teal's orders gave it, although none took it back."""
    return rollout.traffic.steady_since is not None and not withdrawn(rollout) and not outstanding(rollout)


def _without_green_since(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> datetime | None:
    """Return since when in this rollback green has been observed without any live or mirrored traffic, or None."""
    if endpoint.busy or rollout.green in endpoint.traffic or rollout.green in endpoint.mirror:
        return None
    return max(rollout.traffic.steady_since or now, rollout.status.since)
