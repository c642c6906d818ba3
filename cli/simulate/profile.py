"""The simulated world as data: traffic, how blue and green respond, how fast Azure and the operators are."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, assert_never

from cli.simulate.curves import Constant, Curve

TUESDAY_MORNING = datetime(2026, 1, 6, 10, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Change:
    """How a share or a time changes: multiplied (`times`), increased (`plus`), or set (`to`)."""

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
    """How a deployment answers: the shares it fails and refuses (4xx), and the median time of good answers in ms."""

    errors: float
    client_errors: float
    median: float

    @property
    def failed_or_refused(self) -> float:
        """The share that is failed or refused."""
        return min(self.errors + self.client_errors, 1.0)

    @property
    def refused_of_rest(self) -> float:
        """The share refused among requests that do not fail."""
        return min(self.client_errors / (1.0 - self.errors), 1.0) if self.errors < 1.0 else 0.0


@dataclass(frozen=True, slots=True)
class Latency:
    """How long good answers take: a log-normal distribution.

    median: in ms. spread: standard deviation of the times' natural logarithm within a minute. noise: the same for the
    median from minute to minute, independently for each deployment.
    """

    median: float = 80.0
    spread: float = 0.4
    noise: float = 0.03


@dataclass(frozen=True, slots=True)
class Fault:
    """How green differs from blue, from `begins` up to `ends` (None: to the end) after its first request.

    errors, client_errors, latency: the change of a share, or of the median time in ms (None: unchanged).
    """

    errors: Change | None = None
    begins: timedelta = timedelta()
    ends: timedelta | None = None
    client_errors: Change | None = None
    latency: Change | None = None

    def active(self, age: timedelta) -> bool:
        """Return whether it applies at this `age`, the time since green's first request."""
        return self.begins <= age and (self.ends is None or age < self.ends)

    def applied_to(self, usual: Answering) -> Answering:
        """Return how a deployment that answers `usual` answers with this fault."""
        return Answering(
            self.errors.of(usual.errors) if self.errors else usual.errors,
            self.client_errors.of(usual.client_errors) if self.client_errors else usual.client_errors,
            self.latency.of(usual.median, math.inf) if self.latency else usual.median,
        )

    def worsens(self, usual: Answering) -> bool:
        """Return whether it makes a deployment worse in any respect."""
        return any(changed > before for changed, before in zip(self.applied_to(usual), usual, strict=True))


@dataclass(frozen=True, slots=True)
class Profile:
    """The world in which a policy is tried.

    requests: live requests per minute. errors: blue's share of failed requests; client_errors: the share it refuses as
    the caller's mistake. latency: how long its good answers take. faults: how green differs; without any it answers
    like blue. provisioning: how long green takes to become ready (None: it never does). traffic_write: how long Azure
    takes to change the traffic or the mirror. scaling: how long a new number of instances takes. telemetry_lag: how
    late the log is (None: as the policy expects). smoke: whether smoke requests are answered (`pass`), or fail as often
    as live ones (`live`). approve: how long until a pause step is approved; resume: until a pause for lack of evidence
    is resumed (None: never). start, spread: each rollout begins at a random moment of the hour, or the week, after
    this. instances: how many blue has.
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
        """The faults that make green worse than blue."""
        usual = self.usual(self.start, self.start)
        return tuple(fault for fault in self.faults if fault.worsens(usual))
