"""A recorded rollout's environment, as far as recorded: Azure's durations, the reconciles, and the operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cli.simulate.curves import MINUTE
from cli.simulate.decision_matching import DecisionMatcher
from cli.simulate.environment import NEVER, Ticks
from cli.simulate.recording import RecordedDecision, Recording
from shared.core.observation import Provisioning
from shared.core.observation.spans import floor_minute
from shared.core.phases import Phase
from shared.core.rollout import OperatorRequest, Rollout, Verb
from shared.core.rollout.history import TEAL, Entry
from shared.core.rollout.reasons import ReasonCode

USUAL_WRITE = timedelta(seconds=20)
USUAL_SCALING = timedelta(minutes=4)
VERBS = {
    ReasonCode.OPERATOR_PROMOTE: Verb.PROMOTE,
    ReasonCode.OPERATOR_PROMOTE_FULL: Verb.PROMOTE,
    ReasonCode.OPERATOR_OVERRIDE: Verb.OVERRIDE,
    ReasonCode.OPERATOR_PAUSE: Verb.PAUSE,
    ReasonCode.OPERATOR_RESUME: Verb.RESUME,
    ReasonCode.OPERATOR_ROLLBACK: Verb.ROLLBACK,
}


@dataclass(frozen=True, slots=True)
class RecordedTiming:
    """Azure's recorded durations: an order completes at the time of the next recorded decision."""

    recording: Recording
    matcher: DecisionMatcher

    def created(self, now: datetime) -> tuple[datetime, Provisioning]:
        """Return when a deployment has been created, and in which state it is then."""
        del now
        for decision in self.recording.decisions:
            if decision.before is Phase.PROVISIONING and decision.after is not Phase.PROVISIONING:
                ready = decision.after is Phase.STEPPING
                return decision.at, Provisioning.SUCCEEDED if ready else Provisioning.FAILED
        return NEVER, Provisioning.SUCCEEDED

    def traffic_set(self, now: datetime) -> datetime:
        """Return when the traffic or the mirror is as ordered."""
        self.matcher.update(now)
        following = self.matcher.following
        return following.at if following else now + USUAL_WRITE

    def scaled(self, now: datetime) -> datetime:
        """Return when a deployment has its new number of instances."""
        return now + USUAL_SCALING


@dataclass(frozen=True, slots=True)
class RecordedReconciles:
    """Reconciles at the time of every recorded decision, and once in every other minute."""

    recording: Recording
    matcher: DecisionMatcher
    lag: timedelta

    def following(self, now: datetime, *, woken: bool) -> datetime | None:
        """Return the next reconcile, or None at the end of the record."""
        self.matcher.update(now)
        expected, tick = self.matcher.following, floor_minute(now) + MINUTE
        if expected is not None and expected.code is ReasonCode.OBSERVATION_RESUMED and now < expected.at:
            return expected.at  # nothing reconciled in between
        if expected is not None and now <= expected.at and (woken or now < expected.at):
            if floor_minute(expected.at) <= tick or not self.matcher.matched:
                return expected.at
        elif expected is None and now > self.recording.last_minute + self.lag + 2 * MINUTE:
            return None
        return tick if self.matcher.departed is None else Ticks().following(now, woken=woken)

    def skips(self, entries: Sequence[Entry], now: datetime) -> bool:
        """Return whether the recorded reconcile that made this decision was later than this one."""
        return self.matcher.early(entries, now)


@dataclass(frozen=True, slots=True)
class RecordedOperators:
    """Operators make their recorded requests."""

    matcher: DecisionMatcher

    def request(self, rollout: Rollout, now: datetime) -> OperatorRequest | None:
        """Return what an operator requested at `now`."""
        expected: RecordedDecision | None = self.matcher.following
        if expected is None or expected.at > now or expected.actor == TEAL or rollout.requests:
            return None
        verb = VERBS.get(expected.code)
        full = expected.code is ReasonCode.OPERATOR_PROMOTE_FULL
        return OperatorRequest(verb, expected.actor, "as recorded", now, full=full) if verb else None

    def abandoned(self, rollout: Rollout) -> bool:
        """Return whether nobody will act: after a departure, the recorded operators no longer apply."""
        return self.matcher.departed is not None and rollout.phase is Phase.PAUSED
