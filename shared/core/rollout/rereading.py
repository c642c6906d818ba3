"""What a rollout remembers about judged minutes, so that late rows are noticed and everything can be judged again.

It keeps only counts of the last minutes: older ones are read from telemetry again. No decisions here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.core.judge.panel import Evidence
from shared.core.rollout.reasons import Reason


class MinuteCounts(NamedTuple):
    """Both deployments' requests in one judged minute, and how many of them failed."""

    green: int = 0
    green_bad: int = 0
    blue: int = 0
    blue_bad: int = 0

    def grew(self, now: MinuteCounts) -> bool:
        """Return whether any count is larger now. Smaller counts mean nothing: a source can round, or lag."""
        return any(new > old for old, new in zip(self, now, strict=True))


@dataclass(frozen=True, slots=True)
class Split:
    """The traffic split at which minutes were judged, from `since` until the next one.

    weight: green's share in percent; negative for a mirror. next_weight: the one after that step. steady: whether it
    was in force. live: green's share of the live traffic that was in force, in percent: an earlier one in minutes that
    were judged only after a change, and None during a change.
    """

    since: datetime
    weight: int
    next_weight: int | None
    steady: bool
    live: int | None = None

    @property
    def alone(self) -> bool:
        """Whether green had all traffic, so that it was only compared with blue's past."""
        return self.weight == 100 and self.steady


@dataclass(frozen=True, slots=True)
class Recheck:
    """A recheck of everything since green's first request that is under way, with the evidence before `until`.

    beside: after a promotion, the evidence from the minutes in which blue had traffic too. lost: gates whose data could
    not be read again, so that their evidence stays as it was.
    """

    until: datetime
    evidence: Evidence = field(default_factory=Evidence)
    beside: Evidence = field(default_factory=Evidence)
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rereading:
    """What is known about judged minutes.

    began: the first judged minute. splits: how the traffic was split, oldest first. recent: the last minutes before
    `judged_until`, without gaps, as they were judged. gaps: by gate, those of them in which it counted nothing for a
    deployment, although it should have. recheck: the recheck under way. rechecked: the last complete recheck covered
    the minutes before this. lag: telemetry's actual lag, if longer than configured. read_at: when new or increased
    minutes were last found. blue_silent: whether green was ever seen without the requests that blue should have had at
    the same time. certified_since: minutes before this certify nothing, because blue was in an incident. uncompared:
    whether the last recheck, after the promotion, found harm that only shows in minutes in which green was alone. news:
    findings that are not in the history yet.
    """

    began: datetime | None = None
    splits: tuple[Split, ...] = ()
    recent: tuple[MinuteCounts, ...] = ()
    gaps: dict[str, tuple[datetime, ...]] = field(default_factory=dict)
    recheck: Recheck | None = None
    rechecked: datetime | None = None
    lag: timedelta | None = None
    read_at: datetime | None = None
    blue_silent: bool = False
    certified_since: datetime | None = None
    uncompared: bool = False
    news: tuple[Reason, ...] = ()
