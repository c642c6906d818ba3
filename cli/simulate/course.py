"""How one simulated rollout went, as figures: in minutes since it began unless they say otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cli.simulate.curves import MINUTE
from cli.simulate.journey import Journey
from cli.simulate.profile import Profile
from shared.core.phases import Phase
from shared.core.policy import Policy
from shared.core.rollout import Rollout
from shared.core.rollout.history import TEAL, Entry
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import PauseStep
from shared.words import sentence


class End(StrEnum):
    """How a rollout ended. HELD waits for a person whom the profile does not send; UNFINISHED ran out of minutes."""

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"
    HELD = "held"
    FAILED = "failed"
    UNFINISHED = "unfinished"


class Cause(StrEnum):
    """What a rollout was taken back for."""

    JUDGE = "the judge"
    SMOKE = "smoke test"
    PROVISIONING = "not ready"
    DEADLINE = "deadline"
    PERSON = "a person"


@dataclass(frozen=True, slots=True)
class Course:
    """One rollout.

    minutes: until it ended. full: until green was seen with all live traffic, or None. decided: until it was decided to
    roll back, or None. onset: when green's first fault met a request of its, or None. requests, failed: green's live
    ones. hurt: how many of these failed beyond blue's share, expected. holds: how often it was paused for want of
    evidence; paused: minutes in any pause; frozen: minutes held by a freeze window. weights: minute and green's
    share (0 to 1) from then on.
    """

    end: End
    reason: str
    minutes: float
    full: float | None
    cause: Cause | None
    decided: float | None
    onset: float | None
    requests: int
    failed: int
    hurt: float
    holds: int
    paused: float
    frozen: float
    weights: tuple[tuple[float, float], ...]

    @property
    def false_rollback(self) -> bool:
        """Say whether it was taken back on evidence although green had done nothing wrong until then."""
        blamed = self.cause not in {Cause.PROVISIONING, Cause.PERSON}
        return self.end is End.ROLLED_BACK and blamed and not self.after_onset

    @property
    def detected(self) -> bool:
        """Say whether it was taken back after green had gone wrong."""
        return self.end is End.ROLLED_BACK and self.after_onset

    @property
    def after_onset(self) -> bool:
        """Say whether the decision fell after the onset of a fault."""
        return self.onset is not None and self.decided is not None and self.decided >= self.onset


def course(journey: Journey, profile: Profile, ended: datetime) -> Course:
    """Return a finished journey's figures."""
    rollout, shares, telemetry = journey.rollout, journey.azure.shares, journey.telemetry
    back = next((entry for entry in journey.entries if entry.after is Phase.ROLLING_BACK), None)
    weights = zip(shares.times, (share.live for share in shares.shares), strict=True)
    return Course(
        end=_end(rollout),
        reason=sentence(rollout.reason),
        minutes=(ended - rollout.created) / MINUTE,
        full=_since(rollout, shares.reached(1.0)),
        cause=_cause(back, rollout) if back else None,
        decided=_since(rollout, back.at if back else None),
        onset=_since(rollout, _onset(journey, profile, back, ended)),
        requests=telemetry.green_requests,
        failed=telemetry.green_failed,
        hurt=telemetry.hurt,
        holds=sum(_is_hold(entry, rollout.policy) for entry in journey.entries),
        paused=journey.paused / MINUTE,
        frozen=journey.frozen / MINUTE,
        weights=tuple(((moment - rollout.created) / MINUTE, live) for moment, live in weights),
    )


def _since(rollout: Rollout, moment: datetime | None) -> float | None:
    return None if moment is None else (moment - rollout.created) / MINUTE


def _end(rollout: Rollout) -> End:
    match rollout.phase:
        case Phase.PROMOTED:
            return End.PROMOTED
        case Phase.ROLLED_BACK:
            return End.ROLLED_BACK
        case Phase.PAUSED:
            return End.HELD
        case Phase.FAILED | Phase.SUPERSEDED:
            return End.FAILED
        case _:
            return End.UNFINISHED


def _cause(back: Entry, rollout: Rollout) -> Cause:
    if back.actor != TEAL:
        return Cause.PERSON
    if back.before is Phase.PROVISIONING:
        return Cause.PROVISIONING
    if rollout.smoke is not None and not rollout.smoke.passed:
        return Cause.SMOKE
    return Cause.JUDGE if back.reason.code is ReasonCode.REGRESSION_DETECTED else Cause.DEADLINE


def _is_hold(entry: Entry, policy: Policy) -> bool:
    """Say whether Teal paused the rollout of itself, and not because a pause step says so."""
    asked = entry.step < len(policy.steps) and isinstance(policy.steps[entry.step], PauseStep)
    return entry.after is Phase.PAUSED and entry.before is not Phase.PAUSED and entry.actor == TEAL and not asked


def _onset(journey: Journey, profile: Profile, back: Entry | None, ended: datetime) -> datetime | None:
    """Return when a fault that makes green worse first met a request: a user's, or of a smoke test that shows it."""
    begins = min((fault.begins for fault in profile.harms), default=None)
    if begins is None:
        return None
    first = journey.azure.shares.first
    if first is None:
        smoked = back is not None and profile.smoke == "live" and not begins
        return back.at if back is not None and smoked else None
    return first + begins if first + begins <= ended else None
