"""A kept blue is scaled down once. Any later size is someone else's choice, and stays.

Otherwise Teal would undo, every minute, what an operator or a newly added autoscaler does. A blue that has served again
in the meantime is scaled down once more when it is idle.
"""

from __future__ import annotations

from datetime import datetime

from shared.core.observation.observation import EndpointSeen, Provisioning
from shared.core.phases import JUDGED, Phase
from shared.core.reconcile.autoscaling import serves_again
from shared.core.reconcile.capacity import blue_is_small, kept_instances
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout


def record_observation(rollout: Rollout, endpoint: EndpointSeen | None) -> Rollout:
    """Record whether blue was observed at the size at which it is kept or, if it serves, at full size again."""
    if endpoint is None or not rollout.ending.blue_scaled_down or rollout.blue not in endpoint.deployments:
        return rollout
    if rollout.phase in {Phase.ROLLED_BACK, *JUDGED} or serves_again(rollout, endpoint):
        return rollout.with_ending(blue_scaled_down=blue_is_small(rollout, endpoint), blue_size="ordered")
    small = not rollout.orders.blue_scaled_up and _beyond(rollout, endpoint) == 0
    return rollout.with_ending(blue_size="seen") if small and rollout.ending.blue_size == "ordered" else rollout


def report(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Report, once, that someone else has given a kept blue more instances; None if nobody has."""
    if rollout.ending.blue_size != "seen" or not _beyond(rollout, endpoint):
        return None
    shown = endpoint.instances(rollout.blue) or 0
    why = reason(ReasonCode.BLUE_RESIZED, deployment=rollout.blue or "", instances=shown)
    return history.noted(rollout.with_ending(blue_size="changed"), why, now)


def to_shrink(rollout: Rollout, endpoint: EndpointSeen) -> int | None:
    """Return the instance count to which an idle blue must still be scaled down; None if it need not."""
    awaited = rollout.ending.blue_scaled_down and rollout.ending.blue_size == "ordered"
    return kept_instances(rollout) if awaited and _beyond(rollout, endpoint) else None


def _beyond(rollout: Rollout, endpoint: EndpointSeen) -> int | None:
    """Return how many more instances blue has than it is kept with; None while that is unknown."""
    there, kept = endpoint.deployments.get(rollout.blue or ""), kept_instances(rollout)
    if there is None or there.instances is None or kept is None or there.state is not Provisioning.SUCCEEDED:
        return None
    return max(0, there.instances - kept)
