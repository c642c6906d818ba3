"""What a rollout remembers of the minutes that were judged, so that late rows are noticed and can be judged again.

Counts of the last minutes only: older ones are read from telemetry again. Decisions stay out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.core.judge.panel import Evidence
from shared.core.rollout.reasons import Reason


class MinuteCounts(NamedTuple):
    """Requests of both arms in one judged minute, and how many of them failed."""

    green: int = 0
    green_bad: int = 0
    blue: int = 0
    blue_bad: int = 0

    def grew(self, now: MinuteCounts) -> bool:
        """Return whether any count is larger now. Fewer is no news: a source may round, or be behind itself."""
        return any(new > old for old, new in zip(self, now, strict=True))


@dataclass(frozen=True, slots=True)
class Split:
    """The traffic split at which minutes were judged, from `since` until the next one.

    weight: green's percent; of a mirror, negative. next_weight: the one after that step. steady: it was in force.
    """

    since: datetime
    weight: int
    next_weight: int | None
    steady: bool


@dataclass(frozen=True, slots=True)
class Recheck:
    """A reading of everything since green's first request that is under way: evidence of all minutes before `until`."""

    until: datetime
    evidence: Evidence = field(default_factory=Evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rereading:
    """What is known of judged minutes.

    began: the first minute that is judged. splits: how the traffic was split, oldest first. recent: the last minutes
    before `judged_until`, without a gap, as they were judged. recheck: the one under way. rechecked: minutes before
    this were read again by the last complete one. lag: telemetry's, where it turned out to be longer than configured.
    read_at: when minutes were last found new or grown. blue_silent: green was once seen without the requests that blue
    should have had beside it. news: what judging found and the history does not have yet.
    """

    began: datetime | None = None
    splits: tuple[Split, ...] = ()
    recent: tuple[MinuteCounts, ...] = ()
    recheck: Recheck | None = None
    rechecked: datetime | None = None
    lag: timedelta | None = None
    read_at: datetime | None = None
    blue_silent: bool = False
    news: tuple[Reason, ...] = ()
