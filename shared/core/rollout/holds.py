"""Holds: a freeze window of the policy, or a halt of all rollouts. Rollbacks are never held.

Kept deployments are held too: on hold, neither the blue of a promoted rollout nor an inherited one is scaled down or
deleted. Everything else that an ended rollout has to do continues.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.observation.halt import Halt
from shared.core.observation.observation import Observation
from shared.core.phases import TERMINAL, Phase
from shared.core.policy.freeze import frozen
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.postponing import kept_postponed, postponed
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.rollout.status import Hold

HELD = frozenset({Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING})
WAITS = HELD | {Phase.PROMOTED}  # in these phases, everything that is left to do can be held
GOES_ON = TERMINAL - {Phase.PROMOTED}


def can_be_held(rollout: Rollout) -> bool:
    """Return whether the rollout can advance, or keeps a deployment for a rollback."""
    if rollout.finished is not None or rollout.phase in {Phase.QUEUED, Phase.ROLLING_BACK}:
        return False
    keeps = rollout.phase is Phase.PROMOTED and rollout.blue is not None and rollout.ending.cleaned is None
    return rollout.phase in HELD or keeps or bool(rollout.kept)


def held_now(rollout: Rollout, observation: Observation, now: datetime) -> Reason | None:
    """Return why the rollout must not advance now, or None if it can."""
    if not can_be_held(rollout):
        return None
    halt, before = observation.halted, rollout.hold_reason
    if halt is not None and halt.in_force:
        return _halted(halt)
    if observation.halt_unknown and before is not None and before.code is ReasonCode.HALTED:
        return before
    window = frozen(rollout.policy, now)
    return None if window is None else reason(ReasonCode.FREEZE_WINDOW, window=window)


def unknown_now(rollout: Rollout, observation: Observation) -> Reason | None:
    """Return the reason to wait if it is unknown whether there is a halt; any other hold takes precedence."""
    unknown = observation.halt_unknown and can_be_held(rollout)
    return reason(ReasonCode.HALT_UNKNOWN) if unknown else None


def hold(rollout: Rollout, why: Reason, now: datetime) -> Decision:
    """Return the decision to put the rollout on hold, for a reason that is new."""
    held = replace(rollout, hold=Hold(why, rollout.hold.since if rollout.hold else now))
    return history.noted(held, reason(ReasonCode.HELD, because=why), now)


def continues(before: Reason | None, why: Reason) -> bool:
    """Return whether this is the same hold as before. Measured numbers may differ: they change every minute."""
    return before is not None and before.code is why.code and _words(before) == _words(why)


def unheld(decision: Decision, now: datetime) -> Decision:
    """Return the decision without the hold if the rollout can no longer be held, such as in a rollback."""
    if decision.rollout.hold is None or can_be_held(decision.rollout):
        return decision
    return replace(decision, rollout=_without_hold(decision.rollout, now))


def release(rollout: Rollout, halt: Halt | None, now: datetime) -> Decision:
    """Return the decision to continue; time on hold counts towards no deadline. halt: the newest."""
    since = rollout.hold.since if rollout.hold else now
    counts = rollout if rollout.phase in GOES_ON else postponed(rollout, since, now)
    free = _without_hold(kept_postponed(counts, since, now), now)
    why = reason(ReasonCode.RELEASED, because=rollout.hold_reason)
    if halt is not None and halt.ended is not None and continues(rollout.hold_reason, _halted(halt)):
        why.facts["actor"], why.facts["comment"] = halt.ended.by, halt.ended.reason
        return history.noted(free, why, now, halt.ended.by)
    return history.noted(free, why, now)


def _halted(halt: Halt) -> Reason:
    return reason(ReasonCode.HALTED, actor=halt.by, comment=halt.reason)


def _words(why: Reason) -> dict[str, str]:
    """Return the facts that are text: who, why, which deployment."""
    return {name: fact for name, fact in why.facts.items() if isinstance(fact, str)}


def _without_hold(rollout: Rollout, now: datetime) -> Rollout:
    """Return the rollout without its hold, with the hold's duration added to the time on hold."""
    if rollout.hold is None:
        return rollout
    held = rollout.status.held + (now - rollout.hold.since)
    return replace(rollout, hold=None, status=replace(rollout.status, held=held))
