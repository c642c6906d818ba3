"""The request log: what each deployment answered in each minute, kept until it is asked for. It must never invent rows.

Where the counts come from (drawn at random, or recorded) is the source's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from cli.simulate.curves import MINUTE
from cli.simulate.shares import Share, Shares
from shared.core.observation import DeploymentMinute, SmokeResult
from shared.core.policy import SmokeStep
from shared.core.questions import Window


class Answers(NamedTuple):
    """One minute.

    green_live, green_live_bad: the part of green's that users waited for, without mirrored copies. hurt: how many more
    of these failed than would have on blue, expected.
    """

    green_total: int
    green_bad: int
    blue_total: int
    blue_bad: int
    green_live: int
    green_live_bad: int
    hurt: float


class Source(Protocol):
    """Where requests and answers come from."""

    def minute(self, minute: datetime, share: Share, green_since: datetime | None) -> Answers | None:
        """Return what was answered in a minute; None if nothing is known of it any more."""
        ...

    def past(self, window: Window, blue: str) -> tuple[DeploymentMinute, ...]:
        """Return blue's minutes before the rollout."""
        ...

    def smoke(self, step: SmokeStep) -> SmokeResult:
        """Return how the smoke test went."""
        ...


@dataclass(slots=True)
class Telemetry:
    """The log of one rollout. late: how old a minute is before its rows can be read."""

    source: Source
    names: tuple[str, str]
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
        green, blue = self.names
        self.green_requests += answers.green_live
        self.green_failed += answers.green_live_bad
        self.hurt += answers.hurt
        self.times.append(minute)
        self.rows.append(
            tuple(
                DeploymentMinute(name, minute, total, bad)
                for name, total, bad in (
                    (blue, answers.blue_total, answers.blue_bad),
                    (green, answers.green_total, answers.green_bad),
                )
                if total
            )
        )
