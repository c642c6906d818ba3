"""Holds: a freeze window of the policy, or a halt of all rollouts. Rollbacks are never held."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.observation.halt import Halt
from shared.core.observation.observation import Observation
from shared.core.phases import Phase
from shared.core.policy.freeze import frozen
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.parts import Hold
from shared.core.rollout.postponing import postponed
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout

HELD = frozenset({Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING})


def held_now(rollout: Rollout, observation: Observation, now: datetime) -> Reason | None:
    """Return why the rollout must not advance now, or None if it can."""
    if rollout.phase not in HELD:
        return None
    halt = observation.halted
    if halt is not None and halt.in_force:
        return reason(ReasonCode.HALTED, actor=halt.by, comment=halt.reason)
    window = frozen(rollout.policy, now)
    return None if window is None else reason(ReasonCode.FREEZE_WINDOW, window=window)


def hold(rollout: Rollout, why: Reason, now: datetime) -> Decision:
    """Return the decision to put the rollout on hold, for a reason that is new."""
    held = replace(rollout, hold=Hold(why, rollout.hold.since if rollout.hold else now))
    return history.noted(held, reason(ReasonCode.HELD, because=why), now)


def unheld(decision: Decision, now: datetime) -> Decision:
    """Return the decision without the hold if its phase cannot be held, such as a rollback."""
    if decision.rollout.hold is None or decision.rollout.phase in HELD:
        return decision
    return replace(decision, rollout=_without_hold(decision.rollout, now))


def release(rollout: Rollout, halt: Halt | None, now: datetime) -> Decision:
    """Return the decision to continue; time on hold counts towards no deadline. halt: the newest."""
    since = rollout.hold.since if rollout.hold else now
    free = _without_hold(postponed(rollout, since, now), now)
    why = reason(ReasonCode.RELEASED, because=rollout.hold_reason)
    halted = rollout.hold_reason is not None and rollout.hold_reason.code is ReasonCode.HALTED
    if halted and halt is not None and halt.ended is not None:
        why.facts["actor"], why.facts["comment"] = halt.ended.by, halt.ended.reason
        return history.noted(free, why, now, halt.ended.by)
    return history.noted(free, why, now)


def _without_hold(rollout: Rollout, now: datetime) -> Rollout:
    """Return the rollout without its hold, with the hold's duration added to the time on hold."""
    if rollout.hold is None:
        return rollout
    held = rollout.status.held + (now - rollout.hold.since)
    return replace(rollout, hold=None, status=replace(rollout.status, held=held))
