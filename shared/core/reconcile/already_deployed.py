"""The end of a rollout whose version someone else deploys while it is open, so that there is no second copy."""

from __future__ import annotations

from datetime import datetime

from shared.core.observation.observation import DeploymentSeen, EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout

CHANGING = frozenset({Provisioning.CREATING, Provisioning.UPDATING, Provisioning.DELETING})
UNPROMOTED = frozenset({Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING})


def end_if_deployed(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """End a rollout whose version someone else has deployed in the meantime; None once green has had traffic."""
    twin = deployed_manually(rollout, endpoint) if untouched(rollout, endpoint) else None
    return None if twin is None or twin.state in CHANGING else superseded(rollout, twin, endpoint, now)


def duplicate_in_progress(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether someone is deploying this same version manually, and green has had no traffic yet."""
    return untouched(rollout, endpoint) and deployed_manually(rollout, endpoint) is not None


def deployed_manually(rollout: Rollout, endpoint: EndpointSeen) -> DeploymentSeen | None:
    """Return the deployment of this same version that Teal did not create. A failed one does not count.

    An operator who starts a rollout knows about deployments without traffic, so they do not count either.
    """
    for name, seen in endpoint.deployments.items():
        ours = name == rollout.green and rollout.placement is not None
        known = by_operator(rollout) and name not in endpoint.traffic
        failed = seen.state in {Provisioning.FAILED, Provisioning.CANCELED}
        if not ours and not known and not failed and rollout.model.named_by(seen.model):
            return seen
    return None


def superseded(rollout: Rollout, twin: DeploymentSeen, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return the end of a rollout whose version is already deployed; what the rollout created itself is cleaned up."""
    code = ReasonCode.ALREADY_SERVING if endpoint.traffic == {twin.name: 100} else ReasonCode.ALREADY_DEPLOYED
    there = reason(code, deployment=twin.name, model=str(rollout.model))
    if code is ReasonCode.ALREADY_DEPLOYED:
        there.facts["state"] = twin.state.value
    left = rollout.finish(now) if rollout.placement is None else rollout.with_ending(clean_after=now)
    return history.moved(left, Phase.SUPERSEDED, there, now)


def untouched(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether green is placed, has no live traffic, and cannot get any from an order of Teal's."""
    ordered = rollout.green in (rollout.orders.traffic or {}) or rollout.green in endpoint.traffic
    return rollout.phase in UNPROMOTED and rollout.placement is not None and not rollout.traffic.weight and not ordered


def by_operator(rollout: Rollout) -> bool:
    """Return whether an operator started the rollout, rather than a registration."""
    return rollout.trigger.code is ReasonCode.ROLLOUT_REQUESTED
