"""The difference between the desired and the observed state, as actions. Computed from scratch on every reconcile.

So nothing waits for an order to complete or needs to know whether it was given.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from shared.core.observation.observation import EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.reconcile import autoscaling
from shared.core.reconcile.actions import (
    Action,
    CreateDeployment,
    CreateEndpoint,
    DeleteDeployment,
    ScaleDeployment,
)
from shared.core.reconcile.advancing import advance, lower_while_paused
from shared.core.reconcile.capacity import instances_at_start
from shared.core.reconcile.cleaning import may_delete
from shared.core.reconcile.keeping import expired
from shared.core.reconcile.leftovers import given_by_others, leftover
from shared.core.reconcile.orders import mirror_outstanding
from shared.core.reconcile.regrowing import restore
from shared.core.reconcile.returning import regrow_blue, return_traffic, unmirror
from shared.core.reconcile.serving import seen_healthy
from shared.core.reconcile.shrinking import to_shrink
from shared.core.rollout.record import Rollout


def difference(rollout: Rollout, endpoint: EndpointSeen | None, now: datetime) -> tuple[Action, ...]:
    """Return what to order from Azure now so that it matches the rollout."""
    if rollout.finished is not None:
        return ()
    if endpoint is None:
        return _create_endpoint(rollout)
    own = () if rollout.ending.cleaned else _own(rollout, endpoint, now)
    own += restore(rollout, endpoint)
    return own or tuple(DeleteDeployment(endpoint.name, name) for name in expired(rollout, endpoint, now))


def _own(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    """Return the orders for the rollout's own deployments."""
    match rollout.phase:
        case Phase.PROVISIONING:
            wanted = _create(rollout, endpoint)
        case Phase.STEPPING | Phase.PROMOTING:
            wanted = advance(rollout, endpoint, now)
        case Phase.ROLLING_BACK:
            wanted = return_traffic(rollout, endpoint, now)
        case Phase.PROMOTED | Phase.ROLLED_BACK:
            wanted = _clean(rollout, endpoint, now)
        case Phase.FAILED | Phase.SUPERSEDED:
            wanted = _give_up(rollout, endpoint, now)
        case Phase.PAUSED:
            wanted = lower_while_paused(rollout, endpoint, now)
        case Phase.QUEUED:
            wanted = ()
        case _:
            assert_never(rollout.phase)
    return wanted


def _create_endpoint(rollout: Rollout) -> tuple[Action, ...]:
    spec = rollout.policy.create_endpoint
    if spec is None or rollout.phase is not Phase.PROVISIONING or rollout.placement is not None:
        return ()
    return (CreateEndpoint(rollout.endpoint.name, spec),)


def _create(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    if rollout.placement is None or rollout.green in endpoint.deployments or rollout.observed.green_seen:
        return ()  # what someone deletes while it is being created is not created again
    return (
        CreateDeployment(
            rollout.endpoint.name,
            rollout.green,
            rollout.model,
            like=rollout.placement.like or "",
            source=rollout.policy.source,
            instances=instances_at_start(rollout),
            registry=rollout.policy.registry_of(rollout.model.name),
        ),
    )


def _clean(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    if rollout.phase is Phase.ROLLED_BACK:
        if given_by_others(rollout, endpoint, now):
            return ()
        if rollout.green in endpoint.traffic or rollout.green in endpoint.mirror:
            return return_traffic(rollout, endpoint, now)
        small = regrow_blue(rollout, endpoint)
        return (small or autoscaling.switch(rollout, endpoint)) + _delete(rollout, endpoint, now)
    if autoscaling.serves_again(rollout, endpoint):
        return regrow_blue(rollout, endpoint) + autoscaling.switch(rollout, endpoint)
    deleted, serving = _delete(rollout, endpoint, now), endpoint.serving()
    if deleted or rollout.hold is not None or serving is None or not seen_healthy(rollout, serving, now):
        return deleted  # blue keeps its capacity: it may be needed
    return autoscaling.switch(rollout, endpoint) or _shrink(rollout, endpoint)


def _give_up(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    """Return the deletion of what a failed or redundant rollout created; live traffic is left to operators."""
    if rollout.placement is None or rollout.green in endpoint.traffic:
        return ()
    if rollout.green in endpoint.mirror or mirror_outstanding(rollout):
        return unmirror(rollout, endpoint)
    return autoscaling.switch(rollout, endpoint) + _delete(rollout, endpoint, now)


def _delete(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    there = endpoint.deployments.get(leftover(rollout) or "")
    if there is None or there.state is Provisioning.DELETING or not may_delete(rollout, endpoint, now):
        return ()
    return (DeleteDeployment(rollout.endpoint.name, there.name),)


def _shrink(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Return the scale-down of a kept blue, once that was recorded and while it is idle."""
    kept = to_shrink(rollout, endpoint)
    if rollout.blue is None or kept is None or rollout.blue in endpoint.traffic:
        return ()
    return (ScaleDeployment(rollout.endpoint.name, rollout.blue, kept),)
