"""Nothing advances by itself while telemetry is unavailable: neither an old verdict nor elapsed time is evidence.

Nor does it right after a minute that looks harmful by itself. An operator's `promote` is still carried out: green gets
the share that it requests, and nothing beyond that.
"""

from __future__ import annotations

from datetime import datetime

from shared.core.phases import JUDGED, Phase
from shared.core.reconcile.incidents import last_looks_harmful
from shared.core.reconcile.silence import may_be_silent
from shared.core.rollout.history import Decision
from shared.core.rollout.holds import hold
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import ALL, Rollout

PROMOTED = frozenset({ReasonCode.OPERATOR_PROMOTE, ReasonCode.OPERATOR_PROMOTE_FULL})


def held_without_telemetry(rollout: Rollout, decision: Decision, now: datetime) -> Decision:
    """Return the decision, or a hold if it would advance although nothing shows how green performs now."""
    forward, promoted = _forward(rollout, decision.rollout), decision.rollout.phase is Phase.PROMOTED
    if not _depends(rollout) or not (forward or promoted):
        return decision
    problem = rollout.observed.telemetry_problem
    if forward and problem is not None:
        return hold(rollout, reason(ReasonCode.TELEMETRY_UNAVAILABLE, message=problem), now)
    waits = last_looks_harmful(rollout) or (forward and may_be_silent(rollout, now))
    return Decision(rollout) if waits else decision


def still_without_telemetry(rollout: Rollout) -> Reason | None:
    """Return why the rollout is on hold, if telemetry is still the reason."""
    why = rollout.hold_reason
    unavailable = rollout.observed.telemetry_problem is not None and _depends(rollout)
    return why if unavailable and why is not None and why.code is ReasonCode.TELEMETRY_UNAVAILABLE else None


def _depends(rollout: Rollout) -> bool:
    """Return whether advancing depends on telemetry: not for a first deployment, nor while a promotion is due."""
    return rollout.phase in JUDGED and not rollout.first and not _promotion_due(rollout)


def _promotion_due(rollout: Rollout) -> bool:
    """Return whether an operator promoted the rollout to its step, and green does not have that step's share yet."""
    step = rollout.current_step
    share = ALL if step is None else step.load or 0
    asked = rollout.status.reason.code in PROMOTED
    return asked and max(rollout.traffic.weight, rollout.traffic.mirror) < share


def _forward(before: Rollout, after: Rollout) -> bool:
    """Return whether green passes a step, or is to get more traffic."""
    more = after.traffic.weight > before.traffic.weight or after.traffic.mirror > before.traffic.mirror
    promoted = after.phase is Phase.PROMOTING and before.phase is not Phase.PROMOTING
    return more or promoted or after.progress.step > before.progress.step
