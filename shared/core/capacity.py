"""How many instances green needs for its share of the traffic. Pure; it must never look at prices or quota."""

from __future__ import annotations

from math import ceil

from shared.core.rollout import Rollout


def instances_at_start(rollout: Rollout) -> int | None:
    """Return with how many instances green is created; None for as many as what it is made like."""
    wanted = rollout.policy.capacity.green
    if isinstance(wanted, int):
        return wanted
    if wanted == "same" or rollout.blue_instances is None:
        return None
    return _share(rollout.blue_instances, rollout.policy.next_weight(-1) or 100)


def instances_for(rollout: Rollout, weight: int) -> int | None:
    """Return how many instances green must have before it gets this share (per cent); None: as many as it has."""
    if rollout.policy.capacity.green != "proportional" or rollout.blue_instances is None:
        return None
    return _share(rollout.blue_instances, weight)


def _share(instances: int, weight: int) -> int:
    return max(1, ceil(instances * weight / 100))
