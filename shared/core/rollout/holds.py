"""What holds a rollout: a freeze window of its policy, or a halt for everything. Rollbacks are never held."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

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
    """Return why the rollout may not go forward now, or None if it may."""
    if rollout.phase not in HELD:
        return None
    halt = observation.halted
    if halt is not None:
        return reason(ReasonCode.HALTED, actor=halt.by, comment=halt.reason)
    window = frozen(rollout.policy, now)
    return None if window is None else reason(ReasonCode.FREEZE_WINDOW, window=window)


def hold(rollout: Rollout, why: Reason, now: datetime) -> Decision:
    """Return the decision to stay, for a reason that is new."""
    held = replace(rollout, hold=Hold(why, rollout.hold.since if rollout.hold else now))
    return history.noted(held, reason(ReasonCode.HELD, because=why), now)


def unheld(decision: Decision) -> Decision:
    """Return the decision without the hold if its phase cannot be held: a rollback knows no hold."""
    if decision.rollout.hold is None or decision.rollout.phase in HELD:
        return decision
    return replace(decision, rollout=replace(decision.rollout, hold=None))


def release(rollout: Rollout, now: datetime) -> Decision:
    """Return the decision to go on; the time that it was held counts against no deadline."""
    since = rollout.hold.since if rollout.hold else now
    free = replace(postponed(rollout, since, now), hold=None)
    return history.noted(free, reason(ReasonCode.RELEASED, because=rollout.hold_reason), now)
