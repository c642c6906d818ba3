"""What the simulated world is like: traffic, how blue and green answer, how fast Azure and people are. Data only."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, assert_never

from cli.simulate.curves import Constant, Curve

TUESDAY_MORNING = datetime(2026, 1, 6, 10, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Change:
    """How a share or a time is changed: so many `times`, so much `plus`, or to the value itself (`to`)."""

    kind: Literal["times", "plus", "to"]
    amount: float

    def of(self, value: float, most: float = 1.0) -> float:
        """Return the changed value, from 0 to `most`."""
        match self.kind:
            case "times":
                changed = value * self.amount
            case "plus":
                changed = value + self.amount
            case "to":
                changed = self.amount
            case _:
                assert_never(self.kind)
        return min(max(changed, 0.0), most)


class Answering(NamedTuple):
    """How a deployment answers: the shares that it fails and refuses (4xx), and the median time in ms of the rest."""

    errors: float
    client_errors: float
    median: float

    @property
    def spoilt(self) -> float:
        """The share that is failed or refused."""
        return min(self.errors + self.client_errors, 1.0)

    @property
    def refused_of_rest(self) -> float:
        """The share refused of what is not failed."""
        return min(self.client_errors / (1.0 - self.errors), 1.0) if self.errors < 1.0 else 0.0


@dataclass(frozen=True, slots=True)
class Latency:
    """How long good answers take: log-normal.

    median: in ms. spread: standard deviation of the times' natural logarithm within a minute. noise: the same of the
    median from minute to minute, which each deployment has for itself.
    """

    median: float = 80.0
    spread: float = 0.4
    noise: float = 0.03


@dataclass(frozen=True, slots=True)
class Fault:
    """What green does otherwise than blue, from `begins` up to `ends` (None: for good) after its first request.

    errors, client_errors, latency: what becomes of a share, or of the median time in ms (None: nothing).
    """

    errors: Change | None = None
    begins: timedelta = timedelta()
    ends: timedelta | None = None
    client_errors: Change | None = None
    latency: Change | None = None

    def active(self, age: timedelta) -> bool:
        """Say whether it holds so long after green's first request."""
        return self.begins <= age and (self.ends is None or age < self.ends)

    def of(self, usual: Answering) -> Answering:
        """Return how a deployment answers that otherwise would answer as usual."""
        return Answering(
            self.errors.of(usual.errors) if self.errors else usual.errors,
            self.client_errors.of(usual.client_errors) if self.client_errors else usual.client_errors,
            self.latency.of(usual.median, math.inf) if self.latency else usual.median,
        )

    def worsens(self, usual: Answering) -> bool:
        """Say whether this makes a deployment worse in any way."""
        return any(changed > before for changed, before in zip(self.of(usual), usual, strict=True))


@dataclass(frozen=True, slots=True)
class Profile:
    """The world that a policy is tried in.

    requests: live requests a minute. errors: blue's share of failed requests, client_errors: of those that it refuses
    as the caller's mistake. latency: how long its good answers take. faults: what green does otherwise; without any it
    answers as blue does. provisioning: how long green takes to be ready (None: it never is). traffic_write: how long
    Azure takes to change the traffic or the mirror. scaling: how long another number of instances takes.
    telemetry_lag: how late the log is (None: as the policy expects). smoke: whether smoke requests are answered
    (`pass`) or fail as often as live ones (`live`). approve: how long a person takes to approve a pause step, resume:
    to resume what was paused for want of evidence (None: nobody comes). start, spread: each rollout begins at a random
    moment of the hour, or the week, after this. instances: how many blue has.
    """

    requests: Curve = field(default_factory=lambda: Constant(1000.0))
    errors: Curve = field(default_factory=lambda: Constant(0.001))
    client_errors: Curve = field(default_factory=lambda: Constant(0.005))
    latency: Latency = field(default_factory=Latency)
    faults: tuple[Fault, ...] = ()
    provisioning: timedelta | None = timedelta(minutes=8)
    traffic_write: timedelta = timedelta(seconds=20)
    scaling: timedelta = timedelta(minutes=4)
    telemetry_lag: timedelta | None = None
    smoke: Literal["pass", "live"] = "pass"
    approve: timedelta | None = timedelta(minutes=15)
    resume: timedelta | None = None
    start: datetime = TUESDAY_MORNING
    spread: Literal["hour", "week"] = "hour"
    instances: int = 2

    def usual(self, moment: datetime, began: datetime) -> Answering:
        """Return how blue answers at a moment."""
        return Answering(self.errors.at(moment, began), self.client_errors.at(moment, began), self.latency.median)

    @property
    def harms(self) -> tuple[Fault, ...]:
        """The faults that make green worse than blue is when the rollout begins."""
        usual = self.usual(self.start, self.start)
        return tuple(fault for fault in self.faults if fault.worsens(usual))
