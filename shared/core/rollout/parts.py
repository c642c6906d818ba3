"""The parts of a rollout's record, one concern each: what belongs together is present or absent together.

What can be read from Azure again stays out, unless an answer or a history entry must quote what was last observed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from shared.core.bounds import bounded
from shared.core.gates.calibration import Calibration
from shared.core.gates.readings import Thresholds
from shared.core.judge.incident import Watch
from shared.core.judge.panel import Evidence
from shared.core.judge.verdict import Verdict
from shared.core.observation.observation import SmokeResult
from shared.core.phases import Phase
from shared.core.rollout.reasons import Reason

Autoscale = Literal["unknown", "wanted", "done"]


@dataclass(frozen=True, slots=True)
class Status:
    """The phase, why the rollout is in it, and since when.

    started: when the rollout got the endpoint to itself. The deadlines count from `since` and `started`, so both move
    forward by the time that a hold took or nobody observed. held: how long holds that have ended took in all.
    """

    phase: Phase
    since: datetime
    started: datetime
    reason: Reason
    held: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Beside:
    """Green stands beside `blue`, which serves and which green is a copy of.

    instances: how many blue had at that time; None where Azure does not say. autoscale: whether green still needs a
    copy of blue's autoscale settings.
    """

    blue: str
    instances: int | None = None
    autoscale: Autoscale = "unknown"
    kind: Literal["beside"] = "beside"

    @property
    def like(self) -> str:
        """The deployment that green is a copy of."""
        return self.blue


@dataclass(frozen=True, slots=True)
class First:
    """Nothing serves yet, so green is the first. like: an idle deployment that green is a copy of, if there is one."""

    like: str | None = None
    kind: Literal["first"] = "first"


Placement = Beside | First


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the rollout is through its policy.

    step: index of the current step; the number of steps after the last. since: when that step began, None until green
    was ready; it moves forward by the time that a hold took or nobody observed. smoke: the result of the step's smoke
    test. in_pause_step: whether a pause step paused the rollout, and so also ends the pause.
    """

    step: int = 0
    since: datetime | None = None
    smoke: SmokeResult | None = None
    in_pause_step: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficPlan:
    """Green's share, as it should be.

    weight, mirror: percent of live traffic that green should get, and get a copy of. steady_since: when this was first
    observed in force. expected: the traffic maps that are ours, namely the one found and the one wanted, and once that
    is in force only the latter; any other map was set by someone else. edited_since: when such a map was noticed; None
    if there was none since an operator last resumed or promoted.
    """

    weight: int = 0
    mirror: int = 0
    steady_since: datetime | None = None
    expected: tuple[dict[str, int], ...] = ()
    edited_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What Azure may still carry out for us, remembered because an observation may be older than the order.

    traffic: the last map ordered. mirror: whether the last mirror ordered gives green a copy. blue_scaled_up: whether
    Azure accepted the order to give blue its instances back. refused: what Azure refused while rolling back, as last
    reported; it is ordered again all the same.
    """

    traffic: dict[str, int] | None = None
    mirror: bool = False
    blue_scaled_up: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """The judge's verdict, and the thresholds that the evidence was compared with."""

    verdict: Verdict
    thresholds: Thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class Watches:
    """Whether either deployment fails, or is overloaded, beyond what blue's past allows."""

    blue_failed: Watch = field(default_factory=Watch)
    blue_overloaded: Watch = field(default_factory=Watch)
    green_failed: Watch = field(default_factory=Watch)
    green_overloaded: Watch = field(default_factory=Watch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What the judge knows.

    telemetry_seen: the newest minute with requests that telemetry showed before green got any traffic; None until then,
    and green gets none. judged_until: every minute before this one is judged; None until green was given traffic.
    history_incomplete_since: when telemetry first answered for some gates' history but not for all.
    starvation_reported: whether the history already says that green receives none of its traffic. mismatch_reported:
    the same for a share that is not the one of its weight. watches: for incidents. compared_again: whether green, alone
    with all traffic, looked harmful and was put beside blue again.
    """

    telemetry_seen: datetime | None = None
    judged_until: datetime | None = None
    history_incomplete_since: datetime | None = None
    calibration: Calibration | None = None
    evidence: Evidence = field(default_factory=Evidence)
    assessment: Assessment | None = None
    starvation_reported: bool = False
    mismatch_reported: bool = False
    watches: Watches = field(default_factory=Watches)
    compared_again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the last reconcile observed, and what it could not.

    last: when all that was asked was last observed, to within two minutes. serving: the deployment with the most live
    traffic. endpoint_problem, telemetry_problem: why the endpoint or the telemetry could not be read. missing_gates:
    gates that telemetry said nothing about, with the source's reason. unproven: why there is no proof yet that
    telemetry of this endpoint arrives, as last reported.
    """

    last: datetime | None = None
    serving: str | None = None
    endpoint_problem: str | None = None
    telemetry_problem: str | None = None
    missing_gates: dict[str, str] = field(default_factory=dict)
    unproven: Reason | None = None

    def __post_init__(self) -> None:
        """Bound what others said: it only informs."""
        for name in ("endpoint_problem", "telemetry_problem", "missing_gates"):
            object.__setattr__(self, name, bounded(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Hold:
    """Why the rollout must not go forward for now, and since when."""

    reason: Reason
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What remains to be done after the end.

    clean_after: when the leftover deployment may be deleted. blue_scaled_down: whether blue is kept with fewer
    instances. finished: when nothing was left to do. seen_healthy: when whoever serves was last seen healthy.
    unhealthy, unhealthy_reported: the deployment that serves and fails, and the one that the history says so of.
    """

    clean_after: datetime | None = None
    seen_healthy: datetime | None = None
    unhealthy: str | None = None
    unhealthy_reported: str | None = None
    blue_scaled_down: bool = False
    finished: datetime | None = None
