"""Where a rollout is: its phase, how far it is through its policy, and what holds it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.observation.observation import SmokeResult
from shared.core.phases import Phase
from shared.core.rollout.reasons import Reason


@dataclass(frozen=True, slots=True)
class Status:
    """The phase, why the rollout is in it, and since when.

    started: when the endpoint became free for the rollout. Deadlines count from `since` and `started`, so both move
    forward by the time on hold and the time that was not observed. held: the total duration of holds that have ended.
    """

    phase: Phase
    since: datetime
    started: datetime
    reason: Reason
    held: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the rollout is through its policy.

    step: index of the current step; the number of steps once all are done. since: when that step began, None until
    green was ready; it moves forward by the time on hold and the time that was not observed. smoke: the result of the
    step's smoke test. in_pause_step: whether the rollout is paused by a pause step, which then also ends the pause.
    """

    step: int = 0
    since: datetime | None = None
    smoke: SmokeResult | None = None
    in_pause_step: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Why the rollout must not advance for now, and since when."""

    reason: Reason
    since: datetime
