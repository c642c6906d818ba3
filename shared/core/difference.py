"""What separates the wanted world from the seen one, as actions. Pure; computed afresh at each look.

So it never waits for an order to be carried out, and never needs to know whether one was given.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.core.actions import (
    Action,
    CopyAutoscale,
    CreateDeployment,
    CreateEndpoint,
    DeleteDeployment,
    ScaleDeployment,
    SetMirror,
    SetTraffic,
)
from shared.core.capacity import instances_at_start, instances_for
from shared.core.cleaning import kept_instances, leftover, may_delete
from shared.core.observation import EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.rollout import Rollout

# A blue that was scaled down grows before it gets its traffic back, but a rollback does not wait for that for ever.
GROW = timedelta(minutes=10)


def difference(rollout: Rollout, endpoint: EndpointSeen | None, now: datetime) -> tuple[Action, ...]:
    """Return what to do to Azure now so that the world comes to match the rollout."""
    if rollout.finished is not None:
        return ()
    if endpoint is None:
        return _create_endpoint(rollout)
    match rollout.phase:
        case Phase.PROVISIONING:
            wanted = _create(rollout, endpoint)
        case Phase.STEPPING | Phase.PROMOTING:
            wanted = _forward(rollout, endpoint)
        case Phase.ROLLING_BACK:
            wanted = _back(rollout, endpoint, now)
        case Phase.PROMOTED | Phase.ROLLED_BACK:
            wanted = _clean(rollout, endpoint, now)
        case _:
            wanted = ()
    return wanted


def _create_endpoint(rollout: Rollout) -> tuple[Action, ...]:
    spec = rollout.policy.create_endpoint
    if spec is None or rollout.phase is not Phase.PROVISIONING or rollout.placed:
        return ()
    return (CreateEndpoint(rollout.endpoint, spec),)


def _create(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    if not rollout.placed or rollout.green in endpoint.deployments:
        return ()
    return (
        CreateDeployment(
            rollout.endpoint,
            rollout.green,
            rollout.model,
            like=rollout.like or "",
            source=rollout.policy.source,
            instances=instances_at_start(rollout),
        ),
    )


def _forward(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Traffic goes forward only to a green that is seen ready, and not while a write is still under way."""
    ready = all(endpoint.ready(name) for name in (rollout.green, *rollout.wanted_traffic))
    if rollout.held is not None or not ready or not rollout.smoke_passed or endpoint.busy:
        return ()
    return _copy_autoscale(rollout) + (
        _mirror(rollout, endpoint) or _grow(rollout, endpoint) or _shift(rollout, endpoint)
    )


def _copy_autoscale(rollout: Rollout) -> tuple[Action, ...]:
    if rollout.autoscale != "wanted" or rollout.blue is None:
        return ()
    return (CopyAutoscale(rollout.endpoint, rollout.green, like=rollout.blue),)


def _mirror(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Return the write of the mirror: ended, and seen to be, before live traffic: Azure refuses both at once."""
    if endpoint.mirror.get(rollout.green, 0) == rollout.mirror or (
        rollout.mirror and rollout.green in endpoint.traffic
    ):
        return ()
    return (SetMirror(rollout.endpoint, rollout.wanted_mirror),)


def _grow(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Return the growth that green needs before it gets its share."""
    needed, green = instances_for(rollout, rollout.weight), endpoint.deployments[rollout.green]
    if rollout.weight == 0 or not _too_few(green.instances, needed) or green.state is not Provisioning.SUCCEEDED:
        return ()
    return (ScaleDeployment(rollout.endpoint, rollout.green, needed or 1),)


def _shift(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Return the write of the traffic, once green has the instances that it needs, and has them ready."""
    green, needed, wanted = (
        endpoint.deployments[rollout.green],
        instances_for(rollout, rollout.weight),
        rollout.wanted_traffic,
    )
    growing = needed is not None and green.state is not Provisioning.SUCCEEDED
    if rollout.weight == 0 or endpoint.traffic == wanted or rollout.green in endpoint.mirror:
        return ()
    if growing or _too_few(green.instances, needed):
        return ()
    return (SetTraffic(rollout.endpoint, wanted),)


def _back(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    """Also when green is not seen with traffic, if our last order may still give it some."""
    threatened = rollout.green in endpoint.traffic or rollout.green in (rollout.ordered or {})
    unmirrored: tuple[Action, ...] = (SetMirror(rollout.endpoint, {}),) if rollout.green in endpoint.mirror else ()
    if not threatened or not rollout.placed:
        return unmirrored if rollout.placed else ()
    if rollout.blue is None:
        return (SetTraffic(rollout.endpoint, {}),)
    if not endpoint.ready(rollout.blue):
        return ()
    shrunk = rollout.shrunk and _too_few(endpoint.instances(rollout.blue), rollout.blue_instances)
    grow: tuple[Action, ...] = ()
    if shrunk and endpoint.deployments[rollout.blue].state is Provisioning.SUCCEEDED:
        grow = (ScaleDeployment(rollout.endpoint, rollout.blue, rollout.blue_instances or 1),)
    if shrunk and now - rollout.since < GROW:
        return grow
    return (*grow, SetTraffic(rollout.endpoint, {rollout.blue: 100}))


def _clean(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    name = leftover(rollout)
    if rollout.phase is Phase.ROLLED_BACK and (rollout.green in endpoint.traffic or rollout.green in endpoint.mirror):
        return _back(rollout, endpoint, now)
    there = endpoint.deployments.get(name or "")
    if there is None or there.state is Provisioning.DELETING:
        return ()
    if may_delete(rollout, endpoint, now):
        return (DeleteDeployment(rollout.endpoint, there.name),)
    kept = kept_instances(rollout) if rollout.shrunk else None
    idle = there.name not in endpoint.traffic and there.state is Provisioning.SUCCEEDED
    if kept is None or not idle or not _too_few(kept, there.instances):
        return ()
    return (ScaleDeployment(rollout.endpoint, there.name, kept),)


def _too_few(instances: int | None, needed: int | None) -> bool:
    """Say whether this is known to be less than that."""
    return instances is not None and needed is not None and instances < needed
