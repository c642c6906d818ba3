"""Why a rollout is paused. Only a pause for lack of evidence ends automatically, once there is enough."""

from __future__ import annotations

from enum import StrEnum

from shared.core.phases import Phase
from shared.core.rollout.reasons import ReasonCode
from shared.core.rollout.record import Rollout


class PauseCause(StrEnum):
    """What a pause waits for: an operator, the end of a pause step, or evidence that the next step is safe."""

    OPERATOR = "operator"
    PAUSE_STEP = "pause_step"
    EVIDENCE = "evidence"
    EXTERNAL_CHANGE = "external_change"


_CAUSES = {
    ReasonCode.OPERATOR_PAUSE: PauseCause.OPERATOR,
    ReasonCode.EVIDENCE_INSUFFICIENT: PauseCause.EVIDENCE,
    ReasonCode.TRAFFIC_CHANGED_EXTERNALLY: PauseCause.EXTERNAL_CHANGE,
    ReasonCode.BLUE_REPLACED: PauseCause.EXTERNAL_CHANGE,
    ReasonCode.MIRROR_CHANGED_EXTERNALLY: PauseCause.EXTERNAL_CHANGE,
}


def pause_cause(rollout: Rollout) -> PauseCause | None:
    """Return why the rollout is paused; None if it is not. An unknown cause waits for an operator."""
    if rollout.phase is not Phase.PAUSED:
        return None
    in_step = PauseCause.PAUSE_STEP if rollout.progress.in_pause_step else PauseCause.OPERATOR
    return _CAUSES.get(rollout.status.reason.code, in_step)


def waits_for_operator(rollout: Rollout) -> bool:
    """Return whether nothing but an operator's request ends the rollout's pause, apart from its deadline."""
    cause = pause_cause(rollout)
    if cause is PauseCause.PAUSE_STEP:
        return "limit_seconds" not in rollout.status.reason.facts  # a fixed time ends by itself
    return cause in {PauseCause.OPERATOR, PauseCause.EXTERNAL_CHANGE}
