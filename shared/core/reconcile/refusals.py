"""What follows from an order that Azure refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.observation.observation import EndpointSeen
from shared.core.phases import STEERING, Phase
from shared.core.reconcile.capacity import too_small
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.rollout.refusal import ActionKind, Refusal


def refused_by_azure(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Report a refusal, and roll back unless the rollout can do without that order or is rolling back already."""
    refusal = rollout.refusal
    kept = {each.deployment for each in rollout.kept}  # see `keeping`
    inherited = refusal is not None and (refusal.action is ActionKind.DELETE_DEPLOYMENT or refusal.deployment in kept)
    if refusal is None or inherited or rollout.phase not in STEERING | {Phase.ROLLING_BACK}:
        return None
    if refusal.action is ActionKind.COPY_AUTOSCALE:
        why = _with_details(ReasonCode.AUTOSCALE_NOT_COPIED, refusal)
        return history.noted(replace(rollout.with_autoscale("done"), refusal=None), why, now)
    refused = _with_details(ReasonCode.ACTION_REFUSED, refusal)
    if refusal.action is ActionKind.SCALE_DEPLOYMENT and rollout.ending.blue_scaled_down:
        why = _with_details(ReasonCode.BLUE_NOT_SCALED_UP, refusal)
        left = rollout.with_ending(blue_scaled_down=False, too_small=too_small(rollout, endpoint))
        return history.noted(replace(left, refusal=None), why, now)
    if rollout.phase is not Phase.ROLLING_BACK:
        return history.moved(rollout, Phase.ROLLING_BACK, refused, now)
    if refusal.message == rollout.orders.refused:
        return None  # already reported; ordered again until the rollback's deadline
    refused.facts["other"] = rollout.observed.serving or ""
    return history.noted(rollout.with_orders(refused=refusal.message), refused, now)


def _with_details(code: ReasonCode, refusal: Refusal) -> Reason:
    return reason(code, action=refusal.action.value, deployment=refusal.deployment, message=refusal.message)
