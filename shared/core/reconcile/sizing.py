"""The size of the green that is about to be created, to compare with the quota before anything is created."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from shared.core.observation.observation import EndpointSeen
from shared.core.phases import Phase
from shared.core.policy.policy import TemplateSource
from shared.core.reconcile.capacity import instances_at_start
from shared.core.rollout.placement import Beside
from shared.core.rollout.record import Rollout

# https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas: Azure reserves 20 % more, for upgrades.
RESERVED = 1.2


@dataclass(frozen=True, slots=True)
class Sizing:
    """The size of the new deployment. template: the path of the file that gives what is None here."""

    instance_type: str | None
    instances: int | None
    template: str | None = None


def sizing(rollout: Rollout, endpoint: EndpointSeen) -> Sizing | None:
    """Return what is about to be created; None if nothing is, or it takes no quota, or its size cannot be known.

    A green that grows with its share is counted at its full size: otherwise its rollout would stop halfway.
    """
    placed = rollout.phase is not Phase.PROVISIONING or rollout.placement is not None
    if placed or endpoint.busy or endpoint.kubernetes or rollout.green in endpoint.deployments:
        return None
    source, others = rollout.policy.source, list(endpoint.deployments)
    template = source.path if isinstance(source, TemplateSource) else None
    like = endpoint.deployments.get(endpoint.serving() or (others[0] if len(others) == 1 else ""))
    if like is None and template is None:
        return None
    count = instances_at_start(rollout)
    if like is not None and rollout.policy.capacity.green == "proportional":
        count = like.instances
    elif like is not None and count is None:
        beside = replace(rollout, placement=Beside(like.name, like.instances))
        count = instances_at_start(beside) or (None if template else like.instances)
    kind = source.instance_type or (like.instance_type if like is not None and template is None else None)
    if template is None and not (kind and count):
        return None
    return Sizing(kind, count, template)


def reserved(instances: int) -> int:
    """Return the number of instances for which Azure takes quota."""
    return ceil(round(RESERVED * instances, 6))
