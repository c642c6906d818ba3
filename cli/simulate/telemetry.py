"""The request log: what each deployment answered in each minute, kept until it is asked for. It must never invent rows.

Where the counts come from (drawn at random, or recorded) is the source's.
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


class Answers(NamedTuple):
    """One minute of green and of blue; None for who had no request.

    live, live_bad: green's requests that users waited for, without mirrored copies, and how many of them failed. hurt:
    how many more of these were failed or refused than would have been on blue, expected.
    """

    green: DeploymentMinute | None
    blue: DeploymentMinute | None
    live: int
    live_bad: int
    hurt: float


class Source(Protocol):
    """Where requests and answers come from."""

    def minute(self, minute: datetime, share: Share, green_since: datetime | None) -> Answers | None:
        """Return what was answered in a minute; None if nothing is known of it any more."""
        ...

    def past(self, asked: TelemetryQuery, blue: str) -> tuple[DeploymentMinute, ...] | None:
        """Return blue's minutes before the rollout; None if nothing is known of them."""
        ...

    def calibration(self, rollout: Rollout, now: datetime) -> Calibration | None:
        """Return how the judge is set from this look on; None if it is yet to be set, or by the past."""
        ...

    def missing(self, window: Window) -> Mapping[str, str]:
        """Return the gates that the minutes of a window say nothing of, and why."""
        ...

    def smoke(self, step: SmokeStep) -> SmokeResult:
        """Return how the smoke test went."""
        ...


@dataclass(slots=True)
class Telemetry:
    """The log of one rollout. late: how old a minute is before its rows can be read."""

    source: Source
    shares: Shares
    late: timedelta
    next_minute: datetime
    rows: list[tuple[DeploymentMinute, ...]] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    green_requests: int = 0
    green_failed: int = 0
    hurt: float = 0.0
    ended: bool = False

    def log_until(self, now: datetime) -> None:
        """Log every minute that is wholly past by now."""
        minute = self.next_minute
        while (end := minute + MINUTE) <= now:
            self._log(minute, self.shares.mean(minute, end))
            minute = end
        self.next_minute = minute

    def minutes(self, window: Window, now: datetime) -> tuple[DeploymentMinute, ...]:
        """Return the rows of a window that can be read by now."""
        found: list[DeploymentMinute] = []
        for index in range(len(self.times) - 1, -1, -1):
            if self.times[index] < window.since:
                break
            if self.times[index] < window.until and self.times[index] + MINUTE + self.late <= now:
                found[:0] = self.rows[index]
        return tuple(found)

    def _log(self, minute: datetime, share: Share) -> None:
        answers = self.source.minute(minute, share, self.shares.first)
        if answers is None:
            self.ended = True
            return
        self.green_requests += answers.live
        self.green_failed += answers.live_bad
        self.hurt += answers.hurt
        self.times.append(minute)
        self.rows.append(tuple([row for row in (answers.blue, answers.green) if row is not None]))
