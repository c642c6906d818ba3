"""The orders that give green its share: instances first, then the mirror or the traffic."""

from __future__ import annotations

from datetime import datetime

from shared.core.observation.observation import EndpointSeen, Provisioning
from shared.core.reconcile import autoscaling
from shared.core.reconcile.actions import Action, ScaleDeployment, SetMirror, SetTraffic
from shared.core.reconcile.capacity import instances_for
from shared.core.reconcile.comparing import returns_traffic
from shared.core.reconcile.requests import due
from shared.core.reconcile.returning import awaits_growth, regrow_blue
from shared.core.rollout.record import Rollout


def advance(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    """Return the shift of traffic to green, only once green is observed ready and never during another write.

    Reducing green's share, even to nothing, needs no smoke test and is allowed while the rollout is on hold. So is
    ending a comparison that shows that blue is worse.
    """
    ready = all(endpoint.ready(name) for name in (rollout.green, *rollout.wanted_traffic))
    held = (rollout.hold is not None and not returns_traffic(rollout)) or bool(due(rollout))
    if not ready or endpoint.busy:
        return ()
    if rollout.traffic.weight < endpoint.traffic.get(rollout.green, 0):
        return _lower(rollout, endpoint, now)
    if held:
        return ()
    copied = _grow(rollout, endpoint) or _mirror(rollout, endpoint)
    if not rollout.smoke_passed and _raised(rollout, endpoint):
        return copied  # nobody depends on answers to mirrored requests, so a mirror can come before a smoke test
    return autoscaling.copy(rollout) + (copied or _shift(rollout, endpoint))


def lower_while_paused(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    """Return the reduction of green's share that was decided before the pause. What others have set since stays."""
    ours = rollout.traffic.steady_since is None and rollout.traffic.edited_since is None
    ready = all(endpoint.ready(name) for name in rollout.wanted_traffic)
    lower = rollout.traffic.weight < endpoint.traffic.get(rollout.green, 0)
    return _lower(rollout, endpoint, now) if ours and ready and lower and not endpoint.busy else ()


def _lower(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    """Return the reduction of green's share, once blue is large enough for the rest."""
    growth = regrow_blue(rollout, endpoint)
    return growth if awaits_growth(rollout, endpoint, now) else growth + _shift(rollout, endpoint)


def _grow(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Return the scaling up that green needs before it gets its share or its mirror.

    Afterwards its own autoscaler or operators decide its size.
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
    serves = rollout.first and bool(endpoint.traffic) and rollout.green not in endpoint.traffic
    if not wanted or endpoint.traffic == wanted or both or rollout.share_undecided or serves:
        return ()  # a first deployment takes no traffic from the serving one: `new_blue` compares the two
    unnoticed = bool(rollout.traffic.expected) and endpoint.traffic not in rollout.traffic.known
    if unnoticed or (_raised(rollout, endpoint) and not _stands(rollout, endpoint)):
        return ()
    mirror = endpoint.mirror_without(wanted)
    if mirror != endpoint.mirror:  # someone mirrors to blue; Azure would refuse the traffic
        return (SetMirror(rollout.endpoint.name, mirror),)
    return (SetTraffic(rollout.endpoint.name, wanted),)


def _raised(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether green is to get more live traffic than it has."""
    return rollout.traffic.weight > endpoint.traffic.get(rollout.green, 0)


def _stands(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether green has the instances that it needs, and they are ready, not just requested."""
    green, needed = endpoint.deployments[rollout.green], instances_for(rollout)
    growing = needed is not None and green.state is not Provisioning.SUCCEEDED
    return not growing and not _too_few(green.instances, needed)


def _too_few(instances: int | None, needed: int | None) -> bool:
    """Return whether the instance count is known to be lower than needed."""
    return instances is not None and needed is not None and instances < needed
