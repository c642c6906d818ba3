"""What holds a rollout where it is: a freeze window of its policy, or a halt for all. It never holds a rollback."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core import history
from shared.core.freeze import frozen
from shared.core.history import Decision
from shared.core.observation import Observation
from shared.core.phases import Phase
from shared.core.rollout import Rollout

HELD = frozenset({Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING})


def held_now(rollout: Rollout, observation: Observation, now: datetime) -> str | None:
    """Return why the rollout may not go forward now, or None if it may."""
    if rollout.phase not in HELD:
        return None
    return observation.halted or frozen(rollout.policy, now)


def hold(rollout: Rollout, why: str, now: datetime) -> Decision:
    """Return the decision to stay, written down once."""
    if rollout.held == why:
        return Decision(rollout)
    held = replace(rollout, held=why, held_since=rollout.held_since or now)
    return history.noted(held, f"held where it is: {why}", now)


def release(rollout: Rollout, now: datetime) -> Decision:
    """Return the decision to go on; the time that it was held counts against no deadline."""
    waited = now - (rollout.held_since or now)
    free = replace(
        rollout,
        held=None,
        held_since=None,
        created=rollout.created + waited,
        since=rollout.since + waited,
        step_since=rollout.step_since + waited if rollout.step_since else None,
    )
    return history.noted(free, f"no longer held: {rollout.held}", now)
