"""Why a rollout is on hold: the first of several reasons to wait. A rollback that is due is decided before them."""

from __future__ import annotations

from datetime import datetime

from shared.core.observation.observation import EndpointSeen, Observation
from shared.core.reconcile.deadlines import withheld
from shared.core.reconcile.incidents import incident_now
from shared.core.reconcile.observed_time import observed
from shared.core.reconcile.promoting import unseen
from shared.core.reconcile.telemetry_hold import still_without_telemetry
from shared.core.reconcile.traffic_mismatch import mismatch_now
from shared.core.reconcile.unseen_blue import fails_uncompared
from shared.core.reconcile.withholding import withheld_rollback
from shared.core.rollout.holds import held_now, unknown_now
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout


def hold_due(rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Reason | None:
    """Return why the rollout must not advance now, or None if it can."""
    return (
        held_now(rollout, observation, now)
        or withheld_rollback(rollout)
        or incident_now(rollout)
        or unseen(rollout, now)
        or fails_uncompared(rollout)
        or mismatch_now(rollout)
        or _untested(rollout, observation)
        or still_without_telemetry(rollout)
        or _deadline_withheld(rollout, observation, endpoint, now)
        or unknown_now(rollout, observation)
    )


def _untested(rollout: Rollout, observation: Observation) -> Reason | None:
    """Return the hold if green cannot be tested because the policy's files cannot be read: not green's fault."""
    if observation.smoke_problem is None:
        return None
    return reason(ReasonCode.SMOKE_UNREADABLE, deployment=rollout.green, message=observation.smoke_problem)


def _deadline_withheld(
    rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime
) -> Reason | None:
    """Return why an expired deadline does not roll back. Time that was not observed counts towards no deadline."""
    if rollout.hold is None and not observed(rollout, observation, now):
        return None
    return withheld(rollout, endpoint, now)
