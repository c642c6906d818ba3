"""A recorded rollout decided again, by the core of today and by any policy.

As long as the decisions are those that were recorded, it sees the very counts that were recorded, at the same moments.
From the first other decision on, requests are drawn anew from the rates that were recorded in each minute, since green
then has another share of them. It must never go on past the last recorded minute.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from cli.simulate.azure import SimulatedAzure
from cli.simulate.curves import MINUTE
from cli.simulate.journey import Journey
from cli.simulate.recording import Recorded, Recording
from cli.simulate.shares import Share, Shares
from cli.simulate.surroundings import NEVER, Ticks
from cli.simulate.telemetry import Answers, Telemetry
from shared.core.admission import EndpointRecord, Start, admit
from shared.core.history import TEAL, Entry
from shared.core.minutes import floor_minute
from shared.core.observation import DeploymentMinute, DeploymentSeen, EndpointSeen, Provisioning, SmokeResult
from shared.core.phases import Phase
from shared.core.policy import Policy, SmokeStep
from shared.core.questions import Window
from shared.core.rollout import ModelVersion, Rollout, Verb, Wish

USUAL_WRITE = timedelta(seconds=20)
USUAL_SCALING = timedelta(minutes=4)


@dataclass(slots=True)
class Follower:
    """Follows the new decisions along the recorded ones. departed: the moment of the first that differs."""

    recording: Recording
    entries: list[Entry]
    departed: datetime | None = None
    followed: int = 0

    def check(self, now: datetime, *, again: bool) -> bool:
        """Say whether what was decided by now is what was recorded; again: another look at this moment follows."""
        known = self.recording.decisions
        while self.departed is None and self.followed < len(self.entries):
            made = self.entries[self.followed]
            if self.followed >= len(known) or decided(made).what != known[self.followed].what:
                self.departed = made.at
            self.followed += 1
        following = self.following
        if following is not None and (following.at < now or (following.at == now and not again)):
            self.departed = now
        return self.departed is None

    @property
    def following(self) -> Recorded | None:
        """The recorded decision that comes next; None behind the last one, and after a departure."""
        known = self.recording.decisions
        return known[self.followed] if self.departed is None and self.followed < len(known) else None


def decided(entry: Entry) -> Recorded:
    """Return a decision as it would be recorded."""
    step, weight = (int(str(entry.numbers[key])) for key in ("step", "weight"))
    return Recorded(entry.at, entry.before or entry.after, entry.after, entry.by, step, weight, entry.text)


@dataclass(slots=True)
class RecordedSource:
    """Counts as they were recorded, or drawn anew after the departure."""

    recording: Recording
    follower: Follower
    generator: np.random.Generator
    blue_rate: float = 0.0
    green_rate: float = 0.0

    def __post_init__(self) -> None:
        self.blue_rate, self.green_rate = (
            self._pooled(name) for name in (self.recording.record.blue, self.recording.record.green)
        )

    def minute(self, minute: datetime, share: Share, green_since: datetime | None) -> Answers | None:
        """Return what was answered in a minute; None behind the last one that is known."""
        del green_since
        rows = self.recording.minutes.get(minute, {})
        green, blue = (rows.get(name, (0, 0)) for name in (self.recording.record.green, self.recording.record.blue))
        if self.follower.departed is None:
            live = green if share.live else (0, 0)
            return Answers(*green, *blue, *live, hurt=live[1] - live[0] * self.blue_rate)
        if minute > self.recording.last_minute:
            return None
        copied = minute < floor_minute(self.recording.first_live)
        return self._drawn(share, green, blue, blue[0] + (0 if copied else green[0]))

    def past(self, window: Window, blue: str) -> tuple[DeploymentMinute, ...]:
        """Return blue's recorded minutes: the next best, where the record does not say how the judge was set."""
        del window
        rows = ((minute, by_name.get(blue, (0, 0))) for minute, by_name in sorted(self.recording.minutes.items()))
        return tuple(DeploymentMinute(blue, minute, total, bad) for minute, (total, bad) in rows if total)

    def smoke(self, step: SmokeStep) -> SmokeResult:
        """Return what the smoke test gave then; one that is not recorded passed."""
        del step
        return self.recording.record.smoke or SmokeResult(1)

    def _drawn(self, share: Share, green: tuple[int, int], blue: tuple[int, int], total: int) -> Answers:
        green_rate = green[1] / green[0] if green[0] else self.green_rate
        blue_rate = blue[1] / blue[0] if blue[0] else self.blue_rate
        draw = self.generator
        live = int(draw.binomial(total, share.live))
        copies = int(draw.binomial(total, share.mirror))
        bad, copies_bad = int(draw.binomial(live, green_rate)), int(draw.binomial(copies, green_rate))
        rest = total - live
        hurt = live * (green_rate - blue_rate)
        blue_bad = int(draw.binomial(rest, blue_rate))
        return Answers(live + copies, bad + copies_bad, rest, blue_bad, live, bad, hurt)

    def _pooled(self, name: str) -> float:
        rows = [by_name[name] for by_name in self.recording.minutes.values() if name in by_name]
        total = sum(row[0] for row in rows)
        return sum(row[1] for row in rows) / total if total else 0.0


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

    def wish(self, rollout: Rollout, now: datetime) -> Wish | None:
        """Return what a person asked for at this very moment."""
        following = self.follower.following
        if following is None or following.at != now or following.by == TEAL or rollout.wish is not None:
            return None
        verb = _verb(following)
        return Wish(verb, following.by, "as recorded", now) if verb else None

    def gives_up(self, rollout: Rollout) -> bool:
        """Say whether nobody comes: after a departure nobody is known to."""
        return self.follower.departed is not None and rollout.phase is Phase.PAUSED


def _verb(decision: Recorded) -> Verb | None:
    match decision.before, decision.after:
        case _, Phase.ROLLING_BACK:
            return Verb.ROLLBACK
        case _, Phase.PROMOTING:
            return Verb.PROMOTE
        case Phase.STEPPING, Phase.PAUSED:
            return Verb.PAUSE
        case Phase.PAUSED, Phase.STEPPING:
            return Verb.RESUME
        case _:
            return None


@dataclass(slots=True)
class Replay:
    """A recorded rollout about to be decided again."""

    journey: Journey
    follower: Follower


def set_out_again(recording: Recording, policy: Policy, seed: int, number: int) -> Replay:
    """Return the replay of this number; they differ only after a departure from what was recorded."""
    entries: list[Entry] = []
    follower = Follower(recording, entries)
    source = RecordedSource(recording, follower, np.random.default_rng([seed, number]))
    shares, lag = Shares([recording.record.created]), policy.judge.telemetry_lag
    names = (recording.record.green, recording.record.blue)
    journey = Journey(
        rollout=_admitted(recording, policy),
        azure=SimulatedAzure(_seen(recording), recording.record.green, RecordedTiming(recording, follower), shares, []),
        source=source,
        telemetry=Telemetry(source, names, shares, lag, floor_minute(recording.record.created)),
        looks=RecordedLooks(recording, follower, lag),
        people=RecordedPeople(follower),
        entries=entries,
    )
    return Replay(journey, follower)


def _admitted(recording: Recording, policy: Policy) -> Rollout:
    start = Start(ModelVersion(recording.record.model, recording.record.version), policy, cause="replay")
    new = admit(start, EndpointRecord(policy.endpoint), None, None, recording.record.created).newcomer.rollout
    return replace(new, green=recording.record.green, calibration=recording.record.calibration)


def _seen(recording: Recording) -> EndpointSeen:
    blue = DeploymentSeen(recording.record.blue, Provisioning.SUCCEEDED, "azureml:as-recorded:0")
    name = recording.record.blue
    return EndpointSeen(recording.record.endpoint, Provisioning.SUCCEEDED, {name: 100}, {}, {name: blue})
