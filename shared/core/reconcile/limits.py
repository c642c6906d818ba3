"""Azure's limits that would stop a rollout halfway, checked before anything is created."""

from __future__ import annotations

from shared.core.observation.observation import EndpointSeen
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout

# https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas
MOST_DEPLOYMENTS = 20


def over_limit(rollout: Rollout, endpoint: EndpointSeen) -> Reason | None:
    """Return why green cannot be created on this endpoint, or None if no known limit prevents it."""
    present = len(endpoint.deployments)
    if rollout.green in endpoint.deployments or present < MOST_DEPLOYMENTS:
        return None
    idle = sorted(endpoint.deployments.keys() - endpoint.traffic.keys() - endpoint.mirror.keys())
    return reason(ReasonCode.ENDPOINT_FULL, deployments=present, others=idle)
