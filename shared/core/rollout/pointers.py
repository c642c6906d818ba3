"""The list of all rollouts, newest first: one pointer each, and what may be asked of the list."""

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
    """Where a rollout is found. admitted: when it was, which tells it from what lost the race for its id."""

    endpoint: EndpointId
    rollout: str
    model: str
    admitted: datetime

    @property
    def position(self) -> str:
        """Its place in the list: text that sorts the newest first."""
        return f"{countdown(self.admitted):016d}~{self.endpoint.workspace}~{self.endpoint.name}~{self.rollout}"

    @classmethod
    def to(cls, rollout: Rollout) -> Pointer:
        """Return the pointer to a rollout."""
        return cls(rollout.endpoint, rollout.id, rollout.model.name, rollout.created)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rollouts of the list are wanted; what is None does not matter.

    workspace, endpoint: names in lower case. since: admitted then or later.
    """

    workspace: str | None = None
    endpoint: str | None = None
    model: str | None = None
    since: datetime | None = None
    phase: Phase | None = None
    open: bool | None = None

    def lists(self, pointer: Pointer) -> bool:
        """Return whether a pointer may be to one that is wanted, by what never changes."""
        return (
            self.workspace in {None, pointer.endpoint.workspace}
            and self.endpoint in {None, pointer.endpoint.name}
            and self.model in {None, pointer.model}
            and (self.since is None or pointer.admitted >= self.since)
        )

    def fits(self, rollout: Rollout) -> bool:
        """Return whether a rollout is wanted as it is now."""
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
    """Return a number that is smaller the later the moment is: as text of 16 digits it sorts the newest first."""
    return min(max(LAST - (moment - EPOCH) // MICROSECOND, 0), LAST)
