"""The core's environment in a trial: how long Azure takes, when Teal reconciles, and the operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cli.simulate.curves import MINUTE
from cli.simulate.profile import Profile
from shared.core.observation import Provisioning
from shared.core.observation.spans import floor_minute
from shared.core.phases import Phase
from shared.core.rollout import OperatorRequest, Rollout, Verb
from shared.core.rollout.history import Entry
from shared.core.rollout.pauses import PauseCause, pause_cause
from shared.core.steps import PauseStep

WAKE = timedelta(seconds=2)  # how soon the queue triggers the next reconcile after a decision
NEVER = datetime.max.replace(tzinfo=UTC)
OPERATOR = "simulated operator"


@dataclass(frozen=True, slots=True)
class ProfileTiming:
    """Azure's durations, from the profile."""

    profile: Profile

    def created(self, now: datetime) -> tuple[datetime, Provisioning]:
        """Return when a deployment is ready."""
        takes = self.profile.provisioning
        return (NEVER if takes is None else now + takes), Provisioning.SUCCEEDED

    def traffic_set(self, now: datetime) -> datetime:
        """Return when the traffic or the mirror is as ordered."""
        return now + self.profile.traffic_write

    def scaled(self, now: datetime) -> datetime:
        """Return when a deployment has its new number of instances."""
        return now + self.profile.scaling


@dataclass(frozen=True, slots=True)
class Ticks:
    """Reconciles on every whole minute, and shortly after each decision."""

    def following(self, now: datetime, *, woken: bool) -> datetime:
        """Return the next reconcile."""
        tick = floor_minute(now) + MINUTE
        return min(now + WAKE, tick) if woken else tick

    def skips(self, entries: Sequence[Entry], now: datetime) -> bool:
        """Return False: every reconcile takes place."""
        del entries, now
        return False


@dataclass(frozen=True, slots=True)
class ProfileOperators:
    """Operators approve pause steps and resume pauses for lack of evidence: each after a delay, or never."""

    profile: Profile

    def request(self, rollout: Rollout, now: datetime) -> OperatorRequest | None:
        """Return a request to resume once it is due."""
        if rollout.phase is not Phase.PAUSED:
            return None
        after = self._comes_after(rollout)
        if after is None or now - rollout.status.since < after:
            return None
        return OperatorRequest(Verb.RESUME, OPERATOR, "as the profile says", now)

    def abandoned(self, rollout: Rollout) -> bool:
        """Return whether the rollout is paused, nobody will resume it, and it does not continue by itself."""
        waits = pause_cause(rollout) not in {None, PauseCause.EVIDENCE} and not _timed(rollout)
        return waits and self._comes_after(rollout) is None

    def _comes_after(self, rollout: Rollout) -> timedelta | None:
        if _timed(rollout):
            return None
        return self.profile.approve if isinstance(rollout.current_step, PauseStep) else self.profile.resume


def _timed(rollout: Rollout) -> bool:
    """Return whether the pause ends by itself."""
    return isinstance(rollout.current_step, PauseStep) and rollout.current_step.duration is not None
