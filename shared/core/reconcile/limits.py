"""Azure's limits that would stop a rollout halfway, checked before anything is created.

Names need no check: `admission.deployment_name` makes only names that Azure allows, and a policy's endpoint is checked
when the policy is read.
"""

from __future__ import annotations

from shared.core.observation.observation import EndpointSeen
from shared.core.observation.quota import QuotaSeen
from shared.core.reconcile.sizing import reserved
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.steps.mirror import MirrorStep

# https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas
MOST_DEPLOYMENTS = 20


def over_limit(rollout: Rollout, endpoint: EndpointSeen) -> Reason | None:
    """Return why the rollout cannot be carried out on this endpoint, or None if no known limit prevents it."""
    return _unsupported(rollout, endpoint) or _full(rollout, endpoint) or _mirror_in_use(rollout, endpoint)


def over_quota(quota: QuotaSeen | None) -> Reason | None:
    """Return why green does not fit into the quota; None if it does, or if that is not known."""
    if quota is None or quota.quota is None or quota.quota.left is None:
        return None
    needed = reserved(quota.instances) * quota.quota.cores
    if needed <= quota.quota.left:
        return None
    return reason(
        ReasonCode.QUOTA_INSUFFICIENT,
        instances=quota.instances,
        instance_type=quota.quota.instance_type,
        family=quota.quota.family,
        cores=needed,
        cores_left=quota.quota.left,
    )


def _unsupported(rollout: Rollout, endpoint: EndpointSeen) -> Reason | None:
    if endpoint.kubernetes and not all(step.supported_on_kubernetes for step in rollout.policy.steps):
        return reason(ReasonCode.MIRROR_UNSUPPORTED)
    return None


def _full(rollout: Rollout, endpoint: EndpointSeen) -> Reason | None:
    present = len(endpoint.deployments)
    if rollout.green in endpoint.deployments or present < MOST_DEPLOYMENTS:
        return None
    idle = sorted(endpoint.deployments.keys() - endpoint.traffic.keys() - endpoint.mirror.keys())
    return reason(ReasonCode.ENDPOINT_FULL, deployments=present, others=idle)


def _mirror_in_use(rollout: Rollout, endpoint: EndpointSeen) -> Reason | None:
    """Azure mirrors to one deployment at a time, and someone else's mirror is not Teal's to end."""
    others = {name: share for name, share in endpoint.mirror.items() if name != rollout.green}
    if not others or not any(isinstance(step, MirrorStep) for step in rollout.policy.steps):
        return None
    name, share = max(others.items())
    return reason(ReasonCode.MIRROR_IN_USE, deployment=name, mirror=share)
