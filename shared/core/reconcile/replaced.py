"""A green that is no longer what Teal made: someone has deployed something else under its name.

What was tested and judged no longer exists, so the rollout is rolled back, as if green had been deleted. What is there
now belongs to whoever deployed it, and is never deleted.
"""

from __future__ import annotations

from datetime import datetime

from shared.core.observation.observation import EndpointSeen
from shared.core.phases import STEERING, Phase
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout


def replaced(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether green has another model than this rollout's, or runs something else than when it was ready."""
    green = endpoint.deployments.get(rollout.green)
    if green is None or rollout.placement is None:
        return False
    made, runs = rollout.observed.green_content, green.content
    return bool(green.model and not rollout.model.named_by(green.model)) or bool(made and runs and made != runs)


def made_by_others(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether someone else made the deployment with green's name, before the rollout or since."""
    green = endpoint.deployments.get(rollout.green)
    if green is None:
        return False
    return rollout.orders.created is None or not green.by_teal or replaced(rollout, endpoint)


def green_replaced(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Return the rollback of a rollout whose green was replaced."""
    if rollout.phase not in STEERING or not replaced(rollout, endpoint):
        return None
    why = reason(ReasonCode.GREEN_REPLACED, deployment=rollout.green, model=endpoint.deployments[rollout.green].model)
    return history.moved(rollout, Phase.ROLLING_BACK, why, now)
