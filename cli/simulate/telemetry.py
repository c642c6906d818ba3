"""The request log of a simulated rollout: each deployment's responses per minute.

The traffic source decides where the counts come from: drawn at random, or recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from cli.simulate.curves import MINUTE
from cli.simulate.shares import Share, Shares
from shared.core.gates.calibration import Calibration
from shared.core.observation import DeploymentMinute, SmokeResult
from shared.core.reconcile.plan import TelemetryQuery, Window
from shared.core.rollout import Rollout
from shared.core.steps import SmokeStep


class MinuteCounts(NamedTuple):
    """One minute of green and of blue; None for a deployment without requests.

    live, live_failed: green's live requests (not mirrored ones), and how many of them failed. affected: the expected
    number that failed or were refused beyond what blue would have failed or refused.
    """

    green: DeploymentMinute | None
    blue: DeploymentMinute | None
    live: int
    live_failed: int
    affected: float


class TrafficSource(Protocol):
    """The source of requests and responses."""

    def minute(self, minute: datetime, share: Share, green_since: datetime | None) -> MinuteCounts | None:
        """Return the responses in a minute, or None at the end of the data."""
        ...

    def past(self, query: TelemetryQuery, blue: str) -> tuple[DeploymentMinute, ...] | None:
        """Return blue's minutes before the rollout, or None if unknown."""
        ...

    def calibration(self, rollout: Rollout, now: datetime) -> Calibration | None:
        """Return the judge's calibration if the source has it; None to calibrate from blue's past."""
        ...

    def missing(self, window: Window) -> Mapping[str, str]:
        """Return the gates for which the minutes of a window have no data, and why."""
        ...

    def smoke(self, step: SmokeStep) -> SmokeResult:
        """Return the result of the smoke test."""
        ...


@dataclass(slots=True)
class Telemetry:
    """The log of one rollout. begins: the first minute. lag: how old a minute is before its rows can be read.

    exhausted: the source has no later minutes.
    """

    source: TrafficSource
    shares: Shares
    lag: timedelta
    begins: datetime
    rows: list[tuple[DeploymentMinute, ...]] = field(default_factory=list)
    green_requests: int = 0
    green_failed: int = 0
    affected: float = 0.0
    exhausted: bool = False

    def log_until(self, now: datetime) -> None:
        """Log every minute that is over by now."""
        minute = self.begins + len(self.rows) * MINUTE
        while not self.exhausted and (end := minute + MINUTE) <= now:
            self._log(minute, self.shares.mean(minute, end))
            minute = end

    def minutes(self, window: Window, now: datetime) -> tuple[DeploymentMinute, ...]:
        """Return the rows of a window that can be read by now."""
        first = max((window.since - self.begins) // MINUTE, 0)
        last = (min(window.until, now - self.lag) - self.begins) // MINUTE
        return tuple([row for rows in self.rows[first : max(last, first)] for row in rows])

    def _log(self, minute: datetime, share: Share) -> None:
        counts = self.source.minute(minute, share, self.shares.first)
        if counts is None:
            self.exhausted = True
            return
        self.green_requests += counts.live
        self.green_failed += counts.live_failed
        self.affected += counts.affected
        self.rows.append(tuple([row for row in (counts.blue, counts.green) if row is not None]))
