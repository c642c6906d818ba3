"""A kept deployment that is used again gets its instances and its autoscaler back.

It is used if someone gave it traffic, or started a rollout of its version again, in which it is green. The rollout that
inherited it releases it only once it has them back, or if that is refused or takes too long.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.observation.observation import EndpointSeen, Observation, Provisioning
from shared.core.reconcile import running
from shared.core.reconcile.actions import Action, ScaleDeployment, SwitchAutoscale
from shared.core.rollout.ending import Kept
from shared.core.rollout.record import Rollout
from shared.core.rollout.refusal import ActionKind

RESTORES = frozenset({ActionKind.SCALE_DEPLOYMENT, ActionKind.SWITCH_AUTOSCALE})


def to_observe(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether to observe if the autoscale settings of a kept deployment are enabled again."""
    return any(kept.suspended and _used(rollout, kept, endpoint) for kept in rollout.kept)


def record_observation(rollout: Rollout, observation: Observation, now: datetime) -> Rollout:
    """Record since when kept deployments have had traffic, and which ones still lack their autoscaler."""
    if observation.endpoint is None:
        return rollout
    return replace(rollout, kept=tuple(_seen(rollout, kept, observation, now) for kept in rollout.kept))


def restore(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Return the orders that give kept deployments in use back what they lost. What others added stays."""
    actions: list[Action] = []
    for kept in rollout.kept:
        there = endpoint.deployments.get(kept.deployment)
        if there is None or not _ours(rollout, kept):
            continue
        if kept.suspended:  # first, because Azure may refuse the instances
            actions.append(SwitchAutoscale(endpoint.name, kept.deployment, enabled=True))
        if there.state is Provisioning.SUCCEEDED and _fewer(kept, endpoint):
            actions.append(ScaleDeployment(endpoint.name, kept.deployment, kept.scaled_down_from or 1))
    return tuple(actions)


def awaited(rollout: Rollout, kept: Kept, endpoint: EndpointSeen, now: datetime) -> bool:
    """Return whether a kept deployment in use may still get back what it lost."""
    if kept.used_since is None or not _ours(rollout, kept):
        return False
    return lacking(kept, endpoint) and now - kept.used_since <= rollout.policy.deadlines.rollback


def lacking(kept: Kept, endpoint: EndpointSeen) -> bool:
    """Return whether a kept deployment is without some of its instances or its autoscaler."""
    there = endpoint.deployments.get(kept.deployment)
    grows = there is not None and there.state is Provisioning.SCALING
    return kept.scaled_down_from is not None and (grows or kept.suspended or _fewer(kept, endpoint))


def green_regrows(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> bool:
    """Return whether green is a kept deployment that may still get back what it lost."""
    return any(kept.deployment == rollout.green and awaited(rollout, kept, endpoint, now) for kept in rollout.kept)


def _used(rollout: Rollout, kept: Kept, endpoint: EndpointSeen) -> bool:
    again = rollout.placement is not None and kept.deployment == rollout.green and rollout.open
    return again or kept.deployment in endpoint.traffic


def _seen(rollout: Rollout, kept: Kept, observation: Observation, now: datetime) -> Kept:
    if observation.endpoint is None or not _used(rollout, kept, observation.endpoint):
        return replace(kept, used_since=None)
    known = observation.autoscaled
    on = known is not None and known.get(kept.deployment.lower()) is not False
    return replace(kept, used_since=kept.used_since or now, suspended=kept.suspended and not on)


def _ours(rollout: Rollout, kept: Kept) -> bool:
    """Return whether it is used, is still what was kept, and Azure has not refused to give it anything back."""
    refusal = rollout.refusal
    refused = refusal is not None and refusal.action in RESTORES and refusal.deployment == kept.deployment
    return kept.used_since is not None and not refused and not running.is_foreign(rollout, kept.deployment)


def _fewer(kept: Kept, endpoint: EndpointSeen) -> bool:
    instances = endpoint.instances(kept.deployment)
    return instances is not None and instances < (kept.scaled_down_from or 0)
