"""A green with fewer instances than its share of the traffic needs, compared with the deployment that serves.

Reported when green becomes ready (for all traffic) and before each weight. Only `proportional` scales green up.
"""

from __future__ import annotations

from datetime import datetime
from math import ceil

from shared.core.observation.observation import EndpointSeen
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout


def with_size_warning(decision: Decision, endpoint: EndpointSeen | None, now: datetime) -> Decision:
    """Return the decision with a history entry for each share that green is too small for."""
    if endpoint is None or decision.rollout.policy.capacity.green == "proportional":
        return decision
    shares = [share for entry in decision.entries if (share := _share(entry.reason)) is not None]
    for share in shares:
        found = _too_small(decision.rollout, endpoint, share)
        if found is not None:
            noted = history.noted(decision.rollout, found, now)
            decision = Decision(decision.rollout, decision.entries + noted.entries)
    return decision


def _share(why: Reason) -> int | None:
    """Return the percentage of live traffic that a reason announces; for a green that is ready, all of it."""
    match why.code:
        case ReasonCode.GREEN_READY:
            return 100
        case ReasonCode.WEIGHT_REQUESTED:
            return why.facts.get("weight")
        case _:
            return None


def _too_small(rollout: Rollout, endpoint: EndpointSeen, share: int) -> Reason | None:
    green, blue = endpoint.instances(rollout.green), endpoint.instances(rollout.blue)
    if green is None or blue is None or green >= ceil(blue * share / 100):
        return None
    return reason(
        ReasonCode.GREEN_UNDERSIZED,
        deployment=rollout.green,
        other=rollout.blue or "",
        instances=green,
        wanted_instances=ceil(blue * share / 100),
        weight=share,
    )
