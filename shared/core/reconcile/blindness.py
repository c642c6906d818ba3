"""Nothing advances by itself while telemetry is unavailable: an old verdict, or a time that is up, is no evidence.

An operator's `promote` is carried out: whoever asks for it knows more than Teal does.
"""

from __future__ import annotations

from datetime import datetime

from shared.core.phases import JUDGED, Phase
from shared.core.rollout.history import Decision
from shared.core.rollout.holds import hold
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout

PROMOTED = frozenset({ReasonCode.OPERATOR_PROMOTE, ReasonCode.OPERATOR_PROMOTE_FULL})


def seeing(rollout: Rollout, decision: Decision, now: datetime) -> Decision:
    """Return the decision, or a hold if it goes forward although nothing shows how green performs now."""
    problem = rollout.observed.telemetry_problem
    if problem is None or not _blind(rollout) or not _forward(rollout, decision.rollout):
        return decision
    return hold(rollout, reason(ReasonCode.TELEMETRY_UNAVAILABLE, message=problem), now)


def still_blind(rollout: Rollout) -> Reason | None:
    """Return why the rollout is on hold, if that is still because telemetry is unavailable."""
    why = rollout.hold_reason
    return why if why is not None and why.code is ReasonCode.TELEMETRY_UNAVAILABLE and _blind(rollout) else None


def _blind(rollout: Rollout) -> bool:
    asked = rollout.status.reason.code in PROMOTED
    return rollout.observed.telemetry_problem is not None and rollout.phase in JUDGED and not (rollout.first or asked)


def _forward(before: Rollout, after: Rollout) -> bool:
    """Return whether green passes a step, or is to get more traffic."""
    more = after.traffic.weight > before.traffic.weight or after.traffic.mirror > before.traffic.mirror
    promoted = after.phase is Phase.PROMOTING and before.phase is not Phase.PROMOTING
    return more or promoted or after.progress.step > before.progress.step
