"""What the simulated world is like: traffic, how blue and green answer, how fast Azure and people are. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from cli.simulate.curves import Constant, Curve

TUESDAY_MORNING = datetime(2026, 1, 6, 10, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Change:
    """How a share of failed requests is changed: so many `times`, so much `plus`, or to the value itself (`to`)."""

    kind: Literal["times", "plus", "to"]
    amount: float

    def of(self, share: float) -> float:
        """Return the changed share, from 0 to 1."""
        match self.kind:
            case "times":
                changed = share * self.amount
            case "plus":
                changed = share + self.amount
            case "to":
                changed = self.amount
        return min(max(changed, 0.0), 1.0)

    def worsens(self, share: float) -> bool:
        """Say whether this makes a deployment with that share of failed requests worse."""
        return self.of(share) > share


@dataclass(frozen=True, slots=True)
class Fault:
    """What green does otherwise than blue, from `begins` up to `ends` (None: for good) after its first request."""

    errors: Change
    begins: timedelta = timedelta()
    ends: timedelta | None = None

    def active(self, age: timedelta) -> bool:
        """Say whether it holds so long after green's first request."""
        return self.begins <= age and (self.ends is None or age < self.ends)


@dataclass(frozen=True, slots=True)
class Profile:
    """The world that a policy is tried in.

    requests: live requests a minute. errors: blue's share of failed requests. faults: what green does otherwise;
    without any it answers as blue does. provisioning: how long green takes to be ready (None: it never is).
    traffic_write: how long Azure takes to change the traffic or the mirror. scaling: how long another number of
    instances takes. telemetry_lag: how late the log is (None: as the policy expects). smoke: whether smoke requests are
    answered (`pass`) or fail as often as live ones (`live`). approve: how long a person takes to approve a pause step,
    resume: to resume what was paused for want of evidence (None: nobody comes). start, spread: each rollout begins at a
    random moment of the hour, or the week, after this. instances: how many blue has. latency: was given,
    though nothing depends on it.
    """

    requests: Curve = field(default_factory=lambda: Constant(1000.0))
    errors: Curve = field(default_factory=lambda: Constant(0.001))
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
    latency: bool = False

    @property
    def harms(self) -> tuple[Fault, ...]:
        """The faults that make green worse than blue is when the rollout begins."""
        usual = self.errors.at(self.start, self.start)
        return tuple(fault for fault in self.faults if fault.errors.worsens(usual))
