"""The difference between what is wanted and what is observed, as actions. Computed anew on every reconcile.

So nothing waits for an order to be carried out or needs to know whether it was given.
"""

from __future__ import annotations

from datetime import datetime, timedelta
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
    SetMirror,
    SetTraffic,
)
from shared.core.reconcile.capacity import blue_is_small, instances_at_start, instances_for
from shared.core.reconcile.cleaning import given_by_others, leftover, may_delete
from shared.core.reconcile.keeping import expired
from shared.core.reconcile.probing import awaits_probe, blue_is_worse
from shared.core.reconcile.regrowing import restore
from shared.core.reconcile.requests import due
from shared.core.reconcile.serving import seen_healthy
from shared.core.reconcile.shrinking import to_shrink
from shared.core.rollout.record import Rollout

# A blue that was scaled down grows before it gets its traffic back, but a rollback does not wait for that forever.
GROW = timedelta(minutes=10)


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
            wanted = _forward(rollout, endpoint, now)
        case Phase.ROLLING_BACK:
            wanted = _back(rollout, endpoint, now)
        case Phase.PROMOTED | Phase.ROLLED_BACK:
            wanted = _clean(rollout, endpoint, now)
        case Phase.FAILED | Phase.SUPERSEDED:
            wanted = _give_up(rollout, endpoint, now)
        case Phase.PAUSED:
            wanted = _lowered(rollout, endpoint, now)
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


def _forward(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    """Return the shift of traffic to green: only once green is observed ready, and never during another write.

    Reducing green's share, also to nothing, needs no smoke test and is allowed even while the rollout is on hold.
    """
    ready = all(endpoint.ready(name) for name in (rollout.green, *rollout.wanted_traffic))
    held = rollout.hold is not None or bool(due(rollout))
    if not ready or endpoint.busy:
        return ()
    if rollout.traffic.weight < endpoint.traffic.get(rollout.green, 0):
        return _back_next_to_blue(rollout, endpoint, now)
    if held:
        return ()
    copied = _grow(rollout, endpoint) or _mirror(rollout, endpoint)
    if not rollout.smoke_passed and _raised(rollout, endpoint):
        return copied  # nobody depends on answers to mirrored requests, so a mirror can come before a smoke test
    return autoscaling.copy(rollout) + (copied or _shift(rollout, endpoint))


def _lowered(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    """Return the reduction of green's share that was decided before the pause. What others set since then stays."""
    ours = rollout.traffic.steady_since is None and rollout.traffic.edited_since is None
    ready = all(endpoint.ready(name) for name in rollout.wanted_traffic)
    lower = rollout.traffic.weight < endpoint.traffic.get(rollout.green, 0)
    return _back_next_to_blue(rollout, endpoint, now) if ours and ready and lower and not endpoint.busy else ()


def _back_next_to_blue(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    """Return the reduction of green's share, once blue is large enough for the rest."""
    return _regrow(rollout, endpoint) + (() if _grows(rollout, endpoint, now) else _shift(rollout, endpoint))


def _grow(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Return the scaling up that green needs before it gets its share or its mirror.

    Afterwards its size is up to its own autoscaler, or to operators.
    """
    needed, green = instances_for(rollout), endpoint.deployments[rollout.green]
    copied = rollout.traffic.mirror > endpoint.mirror.get(rollout.green, 0)
    if (
        not (copied or _raised(rollout, endpoint))
        or not _too_few(green.instances, needed)
        or green.state is not Provisioning.SUCCEEDED
    ):
        return ()
    return (ScaleDeployment(rollout.endpoint.name, rollout.green, needed or 1),)


def _stands(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether green has the instances that it needs, and they are ready, not just requested."""
    green, needed = endpoint.deployments[rollout.green], instances_for(rollout)
    growing = needed is not None and green.state is not Provisioning.SUCCEEDED
    return not growing and not _too_few(green.instances, needed)


def _mirror(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Return the write of the mirror, which must be observed to have ended before live traffic: Azure rejects both."""
    edited = rollout.traffic.mirror > 0 and rollout.traffic.steady_since is not None  # `decide` notices that first
    if endpoint.mirror.get(rollout.green, 0) == rollout.traffic.mirror or edited:
        return ()
    if rollout.traffic.mirror and (rollout.green in endpoint.traffic or not _stands(rollout, endpoint)):
        return ()
    return (SetMirror(rollout.endpoint.name, rollout.wanted_mirror),)


def _shift(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Return the write of the traffic. Someone else's edit is noticed by `decide` before it is overwritten."""
    wanted = rollout.wanted_traffic
    both = rollout.traffic.weight > 0 and rollout.green in endpoint.mirror
    if not wanted or endpoint.traffic == wanted or both or rollout.share_undecided:
        return ()
    unnoticed = bool(rollout.traffic.expected) and endpoint.traffic not in rollout.traffic.known
    if unnoticed or (_raised(rollout, endpoint) and not _stands(rollout, endpoint)):
        return ()
    return (SetTraffic(rollout.endpoint.name, wanted),)


def _raised(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether green is to get more live traffic than it has."""
    return rollout.traffic.weight > endpoint.traffic.get(rollout.green, 0)


def _back(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    """Return the rollback's orders, even if green has no traffic now but our last order may still give it some."""
    threatened = rollout.green in endpoint.traffic or rollout.green in (rollout.orders.traffic or {})
    if rollout.placement is None:
        return ()
    if not threatened:
        return _regrow(rollout, endpoint) + _unmirror(rollout, endpoint)
    traffic = _without_green(rollout, endpoint)
    if traffic is None:
        return ()
    growth = _regrow(rollout, endpoint)
    if _grows(rollout, endpoint, now) or awaits_probe(rollout, endpoint, now) or blue_is_worse(rollout, endpoint, now):
        return growth
    mirror = {name: share for name, share in endpoint.mirror.items() if name not in traffic}
    if mirror != endpoint.mirror:  # someone mirrors to blue; Azure would refuse the traffic
        return (*growth, SetMirror(rollout.endpoint.name, mirror))
    return (*growth, SetTraffic(rollout.endpoint.name, traffic))


def _unmirror(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Return the end of the mirror, even of one that is not observed yet but may still result from our order."""
    if rollout.green not in endpoint.mirror and not rollout.orders.mirror:
        return ()
    others = {name: share for name, share in endpoint.mirror.items() if name != rollout.green}
    return (SetMirror(rollout.endpoint.name, others),)


def _without_green(rollout: Rollout, endpoint: EndpointSeen) -> dict[str, int] | None:
    """Return the traffic with green's share given to blue and the others unchanged; None while blue cannot take it.

    If green was the first and there is no blue, the largest of the others gets green's share, if there are any.
    """
    kept = {name: share for name, share in endpoint.traffic.items() if name != rollout.green and endpoint.ready(name)}
    freed = sum(endpoint.traffic.values()) - sum(kept.values())
    heir = rollout.blue or max(kept, key=lambda name: (kept[name], name), default=None)
    if not freed or heir is None:
        return kept
    return kept | {heir: kept.get(heir, 0) + freed} if endpoint.ready(heir) else None


def _regrow(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Return the scaling up of a blue that was scaled down while it was kept. Instances added by others stay."""
    if rollout.blue is None or rollout.blue_instances is None or not blue_is_small(rollout, endpoint):
        return ()
    blue = endpoint.deployments[rollout.blue]
    if blue.state is not Provisioning.SUCCEEDED:
        return ()
    return (ScaleDeployment(rollout.endpoint.name, rollout.blue, max(rollout.blue_instances, blue.instances or 0)),)


def _grows(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> bool:
    """Return whether the traffic waits for blue to grow."""
    return blue_is_small(rollout, endpoint) and now - rollout.status.since < GROW


def _clean(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    if rollout.phase is Phase.ROLLED_BACK:
        if given_by_others(rollout, endpoint, now):
            return ()
        if rollout.green in endpoint.traffic or rollout.green in endpoint.mirror:
            return _back(rollout, endpoint, now)
        small = _regrow(rollout, endpoint)
        return (small or autoscaling.switch(rollout, endpoint)) + _delete(rollout, endpoint, now)
    if autoscaling.serves_again(rollout, endpoint):
        return _regrow(rollout, endpoint) + autoscaling.switch(rollout, endpoint)
    deleted, serving = _delete(rollout, endpoint, now), endpoint.serving()
    if deleted or rollout.hold is not None or serving is None or not seen_healthy(rollout, serving, now):
        return deleted  # blue keeps its capacity: it may be needed
    return autoscaling.switch(rollout, endpoint) or _shrink(rollout, endpoint)


def _give_up(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    """Return the deletion of what a failed or redundant rollout created; live traffic is left to operators."""
    if rollout.placement is None or rollout.green in endpoint.traffic:
        return ()
    return _unmirror(rollout, endpoint) or autoscaling.switch(rollout, endpoint) + _delete(rollout, endpoint, now)


def _delete(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    there = endpoint.deployments.get(leftover(rollout) or "")
    if there is None or there.state is Provisioning.DELETING or not may_delete(rollout, endpoint, now):
        return ()
    return (DeleteDeployment(rollout.endpoint.name, there.name),)


def _shrink(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Return the scaling down of a kept blue, once that was recorded and while it is idle."""
    kept = to_shrink(rollout, endpoint)
    if rollout.blue is None or kept is None or rollout.blue in endpoint.traffic:
        return ()
    return (ScaleDeployment(rollout.endpoint.name, rollout.blue, kept),)


def _too_few(instances: int | None, needed: int | None) -> bool:
    """Return whether the instance count is known to be lower than needed."""
    return instances is not None and needed is not None and instances < needed
