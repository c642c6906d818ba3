"""What the judge remembers about a rollout."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from shared.core.gates.calibration import Calibration
from shared.core.gates.readings import Thresholds
from shared.core.judge.incident import Watch
from shared.core.judge.panel import Evidence
from shared.core.judge.verdict import Verdict


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
class TrafficPattern:
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
    since. comparison: whether that is under way, or was broken off. pulse: the endpoint's usual traffic.
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
    comparison: Literal["none", "open", "broken_off"] = "none"
    pulse: TrafficPattern = field(default_factory=TrafficPattern)
