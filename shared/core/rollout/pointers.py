"""The list of all rollouts, newest first: one pointer each, and the filters for the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.core.endpoint_id import EndpointId
from shared.core.phases import Phase
from shared.core.rollout.record import Rollout

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LAST = 10**16 - 1  # microseconds, in the year 2286


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where a rollout is stored. admitted: when, which distinguishes it from one that lost the race for its id."""

    endpoint: EndpointId
    rollout: str
    model: str
    admitted: datetime

    @property
    def position(self) -> str:
        """Its position in the list: text that sorts the newest first."""
        return f"{countdown(self.admitted):016d}~{self.endpoint.workspace}~{self.endpoint.name}~{self.rollout}"

    @classmethod
    def to(cls, rollout: Rollout) -> Pointer:
        """Return the pointer to a rollout."""
        return cls(rollout.endpoint, rollout.id, rollout.model.name, rollout.created)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rollouts of the list are wanted; fields that are None match everything.

    workspace, endpoint: names in lower case. since: admitted at that time or later.
    """

    workspace: str | None = None
    endpoint: str | None = None
    model: str | None = None
    since: datetime | None = None
    phase: Phase | None = None
    open: bool | None = None

    def lists(self, pointer: Pointer) -> bool:
        """Return whether a pointer's rollout may be wanted, judging by the fields that never change."""
        return (
            self.workspace in {None, pointer.endpoint.workspace}
            and self.endpoint in {None, pointer.endpoint.name}
            and self.model in {None, pointer.model}
            and (self.since is None or pointer.admitted >= self.since)
        )

    def fits(self, rollout: Rollout) -> bool:
        """Return whether a rollout in its current state is wanted."""
        unfinished = rollout.finished is None
        return (
            self.lists(Pointer.to(rollout))
            and self.phase in {None, rollout.phase}
            and (self.open is None or self.open is unfinished)
        )


def first_position(since: datetime) -> str:
    """Return a text that sorts after every position admitted at this time or later, and before all others."""
    return f"{countdown(since):016d}~~"


def admitted_at(position: str) -> datetime:
    """Return when the rollout at a position was admitted."""
    return EPOCH + (LAST - int(position[:16])) * MICROSECOND


def countdown(moment: datetime) -> int:
    """Return a number that decreases with time: as text of 16 digits it sorts the newest first."""
    return min(max(LAST - (moment - EPOCH) // MICROSECOND, 0), LAST)
