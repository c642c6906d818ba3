"""An endpoint that Azure does not show: it is being created, briefly not shown, or gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from shared.core.observation.observation import EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.reconcile.placing import awaited
from shared.core.reconcile.rolling_back import roll_back
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout

GONE = timedelta(minutes=5)


def in_creation(rollout: Rollout) -> EndpointSeen | None:
    """Return an endpoint that is being created if it is missing and the policy says to create it."""
    unplaced = rollout.phase is Phase.PROVISIONING and rollout.placement is None
    if not unplaced or rollout.policy.create_endpoint is None:
        return None
    return EndpointSeen(rollout.endpoint.name, Provisioning.CREATING)


def endpoint_gone(rollout: Rollout, now: datetime) -> Decision:
    """End a rollout whose endpoint is gone. One reading proves little: Azure may briefly not show it."""
    since = min(rollout.observed.missing_since or now, now)
    if rollout.placement is not None and now - since < GONE:
        return Decision(rollout.with_observed(missing_since=since))
    rollout = replace(rollout, kept=())
    if rollout.phase is Phase.ROLLING_BACK and rollout.placement is None:
        return roll_back(rollout, EndpointSeen(rollout.endpoint.name, Provisioning.UNKNOWN), now)
    missing = reason(ReasonCode.ENDPOINT_MISSING)
    if rollout.phase is Phase.PROVISIONING and rollout.placement is None:
        return awaited(rollout, missing, now)
    if rollout.open:
        return history.moved(rollout.finish(now), Phase.FAILED, missing, now)
    return history.noted(rollout.finish(now), missing, now)
