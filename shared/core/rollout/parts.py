"""The parts of a rollout's record, one concern each: data that belongs together is present or absent together.

What can be read from Azure again is not stored, unless the API or the history must show what was last observed.
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
from shared.core.observation.spans import MINUTE
from shared.core.phases import Phase
from shared.core.rollout.reasons import Reason

Autoscale = Literal["unknown", "wanted", "done"]
BlueSize = Literal["ordered", "seen", "changed"]
BlueAutoscale = Literal["unknown", "none", "enabled", "suspending", "suspended", "refused", "left"]


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


@dataclass(frozen=True, slots=True)
class Beside:
    """Green is deployed next to `blue`, the serving deployment that it is a copy of.

    instances: blue's instance count at that time; None if Azure does not report it. autoscale: whether green still
    needs a copy of blue's autoscale settings.
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
    """Nothing serves yet, so green is the first. like: an idle deployment that green is copied from, if any."""

    like: str | None = None
    kind: Literal["first"] = "first"


Placement = Beside | First


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
class PastWeight:
    """A weight of green that was in force, and no longer is.

    weight: percent. since: when it was first observed in force. until: when another one was wanted.
    """

    weight: int
    since: datetime
    until: datetime

    def covers(self, minute: datetime) -> bool:
        """Return whether it was in force for the whole minute."""
        return self.since <= minute and minute + MINUTE <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficPlan:
    """The wanted traffic.

    weight, mirror: percent of live traffic that green should receive, and that should be mirrored to it. steady_since:
    when this was first observed in force. expected: Teal's own traffic maps, which are the one found and the one wanted
    and, once that is in force, only the latter; any other map was set by someone else. edited: the last such map that
    was noticed; an earlier one is an edit again. edited_since: when it was noticed; None once an operator has resumed
    or promoted, or once it was reported after a promotion. before: the weight that was in force before this one;
    telemetry is late, so some of its minutes are only judged now.
    """

    weight: int = 0
    mirror: int = 0
    steady_since: datetime | None = None
    expected: tuple[dict[str, int], ...] = ()
    edited: dict[str, int] | None = None
    edited_since: datetime | None = None
    before: PastWeight | None = None

    @property
    def known(self) -> tuple[dict[str, int], ...]:
        """The traffic maps that nobody needs to be told about: Teal's own, and the edit that was noticed last."""
        return self.expected if self.edited is None else (*self.expected, self.edited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Orders that Azure may still carry out, remembered because an observation can be older than the order.

    traffic: the last traffic map ordered. shown: whether it was seen in force since; if not, it may still take effect.
    reached: whether green has had live traffic, or Azure accepted an order for it. mirror: the percentage of green's
    copy in the last mirror ordered; mirror_shown: as `shown`. blue_scaled_up: whether Azure accepted the order to
    restore blue's instances. created: when green was last ordered, without the time that was not observed. refused:
    what Azure refused during the rollback, as last reported; it is ordered again anyway. deleted: the deployments that
    were ordered to be deleted.
    """

    traffic: dict[str, int] | None = None
    shown: bool = False
    reached: bool = False
    mirror: int = 0
    mirror_shown: bool = False
    blue_scaled_up: bool = False
    created: datetime | None = None
    refused: str = ""
    deleted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """The judge's verdict, and the thresholds that the evidence was compared with."""

    verdict: Verdict
    thresholds: Thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class Watches:
    """Whether either deployment fails, or is overloaded, beyond what blue's past allows.

    blue_gates, green_gates: the same for what gates count, by name.
    """

    blue_failed: Watch = field(default_factory=Watch)
    blue_overloaded: Watch = field(default_factory=Watch)
    blue_gates: dict[str, Watch] = field(default_factory=dict)
    green_failed: Watch = field(default_factory=Watch)
    green_overloaded: Watch = field(default_factory=Watch)
    green_gates: dict[str, Watch] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pulse:
    """How often requests came in blue's past: on average per minute, the longest usual pause, and the busiest minute.

    busiest: requests in a minute in which hardly any were refused as too many.
    """

    rate: float = 0.0
    gap: timedelta = timedelta(0)
    busiest: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """The judge's state.

    telemetry_seen: the newest minute with requests in telemetry before green got any traffic; while it is None, green
    gets none. newest_logged: the newest known one; while green gets none, it moves forward by the time that was not
    observed. judged_until: every minute before this one has been judged; None until the judge was calibrated.
    history_incomplete_since: when telemetry first had the history for some gates but not for all; it moves forward by
    the time that was not observed. starvation_reported: whether the history already says that green receives none of
    its traffic. mismatch_reported: the same for a share that differs from its weight. watches: for incidents. compared:
    whether green, alone with all traffic, looked harmful and was compared with blue again, without an incident on blue
    since. pulse: the endpoint's usual traffic.
    """

    telemetry_seen: datetime | None = None
    newest_logged: datetime | None = None
    judged_until: datetime | None = None
    history_incomplete_since: datetime | None = None
    calibration: Calibration | None = None
    evidence: Evidence = field(default_factory=Evidence)
    assessment: Assessment | None = None
    starvation_reported: bool = False
    mismatch_reported: bool = False
    watches: Watches = field(default_factory=Watches)
    compared: bool = False
    pulse: Pulse = field(default_factory=Pulse)


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether a deployment answered the smoke requests, and when it was asked. healthy: None if that is not known.

    All requests must succeed; for a rollback to blue, one is enough. flawless: whether all did. flawless_since: when
    the current run of flawless probes began. since: when the current run of healthy ones began or, if this one failed,
    when it failed. A lost answer does not clear a failure for a few minutes.
    """

    deployment: str
    at: datetime
    healthy: bool | None
    since: datetime
    flawless: bool = False
    flawless_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Runs:
    """What a deployment was last seen to run: its model, and the digest of its content (empty: unknown).

    since: from when on it was seen to run that. replaced: whether someone replaced what it ran at first. reported:
    whether that was taken into account.
    """

    deployment: str
    model: str
    content: str
    since: datetime
    replaced: bool = False
    reported: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the last reconcile observed, and what it could not observe.

    last: when everything requested was last observed, to within two minutes. missing_since: since when Azure has said
    that there is no such endpoint. serving: the deployment with the most live
    traffic. endpoint_problem, telemetry_problem: why the endpoint or telemetry could not be read. missing_gates: gates
    without telemetry, with the source's reason. unproven: why there is no proof yet that this endpoint's telemetry
    arrives, as last reported. probe: the last one. green_content: what green ran when it was ready, as a digest (empty:
    unknown). runs: what `serving`, blue and kept deployments run. green_seen: whether green was there since it was
    ordered; green_missing_since: since when it is not any more.
    """

    last: datetime | None = None
    missing_since: datetime | None = None
    serving: str | None = None
    endpoint_problem: str | None = None
    telemetry_problem: str | None = None
    missing_gates: dict[str, str] = field(default_factory=dict)
    unproven: Reason | None = None
    probe: Probe | None = None
    green_content: str = ""
    runs: tuple[Runs, ...] = ()
    green_seen: bool = False
    green_missing_since: datetime | None = None

    def __post_init__(self) -> None:
        """Truncate text from other services, which is for information only."""
        for name in ("endpoint_problem", "telemetry_problem", "missing_gates"):
            object.__setattr__(self, name, bounded(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Kept:
    """The blue of an earlier rollout, which can be deleted at this time.

    scaled_down_from: its instance count before it was scaled down; None: it was not. suspended: whether its autoscale
    settings were suspended for that. used_since: since when it has had live traffic; None: it has none.
    """

    deployment: str
    until: datetime
    scaled_down_from: int | None = None
    suspended: bool = False
    used_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Why the rollout must not advance for now, and since when."""

    reason: Reason
    since: datetime


@dataclass(frozen=True, slots=True)
class TooSmall:
    """How many instances a deployment was left with that should have got back as many as `wanted`."""

    instances: int
    wanted: int


@dataclass(frozen=True, slots=True)
class SeenHealthy:
    """The deployment that served and was seen healthy: last `at`, and without interruption since `since`.

    proven: whether that is enough to delete something. A few good answers are not, until they have lasted.
    """

    deployment: str
    since: datetime
    at: datetime
    proven: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What remains to be done after the rollout has ended.

    clean_after: when the leftover deployment can be deleted; once it was dealt with, until when what serves is still
    watched. blue_scaled_down: whether blue is kept with fewer instances, or must grow before the rollback. blue_size:
    whether it was then seen with that few, and has since been given more by somebody else. autoscale: whether blue has
    autoscale settings, which are suspended while it is kept on fewer instances (`suspending`: ordered; `left`: they
    could not be restored). too_small: that it got its traffic back but not its size. cleaned: when
    the leftover was dealt with. finished: when nothing was left to do, neither that nor inherited deployments nor a
    watch. seen_healthy: which deployment served and was healthy last. unhealthy, unhealthy_reported: the serving
    deployment that fails, and the one for which the history already says so. watched_until: the newest minute of the
    serving deployment that was taken into account. orphan_since: since when the history says that green was left
    behind. overdue: whether the history says that the leftover waits for what serves to be seen healthy.
    """

    clean_after: datetime | None = None
    seen_healthy: SeenHealthy | None = None
    unhealthy: str | None = None
    unhealthy_reported: str | None = None
    watched_until: datetime | None = None
    blue_scaled_down: bool = False
    blue_size: BlueSize = "ordered"
    autoscale: BlueAutoscale = "unknown"
    too_small: TooSmall | None = None
    cleaned: datetime | None = None
    finished: datetime | None = None
    orphan_since: datetime | None = None
    overdue: bool = False
