"""What stood around a recorded rollout: how long Azure took, when Teal looked, what people asked for.

It must never know more than the record says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cli.simulate.curves import MINUTE
from cli.simulate.dependencies import NEVER, Ticks
from cli.simulate.follower import Follower
from cli.simulate.recording import Recorded, Recording
from shared.core.observation import Provisioning
from shared.core.observation.spans import floor_minute
from shared.core.phases import Phase
from shared.core.rollout import OperatorRequest, Rollout, Verb
from shared.core.rollout.history import TEAL

USUAL_WRITE = timedelta(seconds=20)
USUAL_SCALING = timedelta(minutes=4)


@dataclass(frozen=True, slots=True)
class RecordedTiming:
    """Azure takes as long as it took then: what was ordered was seen done at the next recorded decision."""

    recording: Recording
    follower: Follower

    def created(self, now: datetime) -> tuple[datetime, Provisioning]:
        """Return when a deployment is made, and how that ends."""
        del now
        for decision in self.recording.decisions:
            if decision.before is Phase.PROVISIONING and decision.after is not Phase.PROVISIONING:
                ready = decision.after is Phase.STEPPING
                return decision.at, Provisioning.SUCCEEDED if ready else Provisioning.FAILED
        return NEVER, Provisioning.SUCCEEDED

    def traffic_set(self, now: datetime) -> datetime:
        """Return when the traffic or the mirror is as ordered."""
        self.follower.check(now, again=True)
        following = self.follower.following
        return following.at if following else now + USUAL_WRITE

    def scaled(self, now: datetime) -> datetime:
        """Return when a deployment has another number of instances."""
        return now + USUAL_SCALING


@dataclass(frozen=True, slots=True)
class RecordedLooks:
    """Teal looks when it decided something then, and once in each other minute."""

    recording: Recording
    follower: Follower
    lag: timedelta

    def after(self, now: datetime, *, woken: bool) -> datetime | None:
        """Return the next look; None when nothing more is known."""
        self.follower.check(now, again=woken)
        following, tick = self.follower.following, floor_minute(now) + MINUTE
        if following is not None and (floor_minute(following.at) <= tick or not self.follower.followed):
            return following.at
        if following is None and now > self.recording.last_minute + self.lag + 2 * MINUTE:
            return None
        return tick if self.follower.departed is None else Ticks().after(now, woken=woken)


@dataclass(frozen=True, slots=True)
class RecordedPeople:
    """People ask for what they asked for then."""

    follower: Follower

    def wish(self, rollout: Rollout, now: datetime) -> OperatorRequest | None:
        """Return what a person asked for at this very moment."""
        following = self.follower.following
        if following is None or following.at != now or following.by == TEAL or rollout.wish is not None:
            return None
        verb = _verb(following, rollout)
        return OperatorRequest(verb, following.by, "as recorded", now) if verb else None

    def gives_up(self, rollout: Rollout) -> bool:
        """Say whether nobody comes: after a departure nobody is known to."""
        return self.follower.departed is not None and rollout.phase is Phase.PAUSED


def _verb(decision: Recorded, rollout: Rollout) -> Verb | None:
    match decision.before, decision.after:
        case _, Phase.ROLLING_BACK:
            return Verb.ROLLBACK
        case _, Phase.PROMOTING:  # to resume from the last step, a pause, promotes too; only that goes a step on
            return Verb.RESUME if decision.step > rollout.step else Verb.PROMOTE
        case Phase.STEPPING, Phase.PAUSED:
            return Verb.PAUSE
        case Phase.PAUSED, Phase.STEPPING:
            return Verb.RESUME
        case _:
            return None
