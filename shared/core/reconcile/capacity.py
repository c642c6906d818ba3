"""How many instances green needs for its share of the traffic, and blue needs to serve again. Ignores prices."""

from __future__ import annotations

from math import ceil

from shared.core.observation.observation import EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.rollout.ending import TooSmall
from shared.core.rollout.record import Rollout


def instances_at_start(rollout: Rollout) -> int | None:
    """Return the instance count that green is created with; None for its source's."""
    wanted = rollout.policy.capacity.green
    if isinstance(wanted, int):
        return wanted
    if wanted == "same" or rollout.blue_instances is None:
        return None
    return _share(rollout.blue_instances, _first_share(rollout))


def instances_for(rollout: Rollout) -> int | None:
    """Return the instance count that green needs before it receives its share; None if it needs no change.

    Mirrored traffic is as much work as live traffic.
    """
    if rollout.policy.capacity.green != "proportional" or rollout.blue_instances is None:
        return None
    return _share(rollout.blue_instances, max(rollout.traffic.weight, rollout.traffic.mirror))


def blue_is_small(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether blue was, or may still be, scaled down by Teal and has not been seen at full size since."""
    blue = endpoint.deployments.get(rollout.blue or "")
    if not rollout.ending.blue_scaled_down or blue is None:
        return False
    fewer = blue.instances is not None and blue.instances < (rollout.blue_instances or 0)
    return fewer or not rollout.orders.blue_scaled_up or blue.state is Provisioning.SCALING


def too_small(rollout: Rollout, endpoint: EndpointSeen) -> TooSmall:
    """Return how many instances blue has, and how many it should have had before it got its traffic back."""
    return TooSmall(endpoint.instances(rollout.blue) or 0, rollout.blue_instances or 0)


def scaled_in(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether an idle blue has fewer instances than it served with, for example because of its autoscaler.

    If green cannot serve while blue grows, a small blue is better than none.
    """
    shown, idle = endpoint.instances(rollout.blue), rollout.blue not in endpoint.traffic
    return idle and endpoint.ready(rollout.green) and shown is not None and shown < (rollout.blue_instances or 0)


def kept_instances(rollout: Rollout) -> int | None:
    """Return the instance count that blue is scaled down to while it is kept after promotion; None: unchanged."""
    if rollout.phase is not Phase.PROMOTED or rollout.blue is None or rollout.ending.autoscale == "refused":
        return None
    wanted = rollout.policy.capacity.kept
    return wanted if wanted is not None and wanted < (rollout.blue_instances or 0) else None


def _first_share(rollout: Rollout) -> int:
    return next((step.load for step in rollout.policy.steps if step.load is not None), 100)


def _share(instances: int, weight: int) -> int:
    return max(1, ceil(instances * weight / 100))
