"""The port to the records of rollouts, and the values that it reads and writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from shared.core.admission import EndpointRecord
from shared.core.endpoint_id import EndpointId
from shared.core.observation import DeploymentMinute, Halt, HaltEntry
from shared.core.reconcile.judging import Judgement
from shared.core.rollout import Rollout
from shared.core.rollout.history import Entry
from shared.core.rollout.pointers import Pointer, Wanted

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stored(Generic[T]):
    """A stored value. etag: the version that was read, or None if it is not stored yet."""

    value: T
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Numbered:
    """A history entry with its position: the rollout's id and the entry's number, from 0."""

    rollout: str
    number: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Changes:
    """Values to write in one transaction, each only if its etag is still current."""

    rollouts: tuple[Stored[Rollout], ...] = ()
    record: Stored[EndpointRecord] | None = None
    entries: tuple[Numbered, ...] = ()


class Store(Protocol):
    """The records of rollouts, one partition per endpoint."""

    def halt(self) -> Halt | None:
        """Return the newest halt, which may have ended, or None if there never was one."""

    def set_halt(self, halt: Halt) -> None:
        """Set a halt or, with `ended`, end it, and add an entry to the history of halts in the same transaction.

        Raises Conflict if the halt to end is no longer the newest one.
        """

    def halt_history(self, limit: int) -> tuple[HaltEntry, ...]:
        """Return the newest entries of the history of halts, newest first."""

    def record(self, endpoint: EndpointId) -> Stored[EndpointRecord]:
        """Return the endpoint's lock; a new one without etag if there is none."""

    def rollout(self, endpoint: EndpointId, rollout_id: str) -> Stored[Rollout] | None:
        """Return one rollout, or None."""

    def enlist(self, pointer: Pointer) -> None:
        """Add a rollout to the list of all rollouts, before the rollout itself is written. Idempotent."""

    def pointers(self, wanted: Wanted, after: str, limit: int) -> tuple[Pointer, ...]:
        """Return the first pointers after a position that `wanted.lists`, newest first; some may be dangling."""

    def history(self, endpoint: EndpointId, rollout_id: str, first: int = 0) -> tuple[Entry, ...]:
        """Return a rollout's history from entry number `first` on, oldest first."""

    def commit(self, endpoint: EndpointId, changes: Changes) -> dict[str, str]:
        """Write all changes in one transaction; return the new etags of rollouts by id.

        Raises Conflict, with nothing written, if another writer changed any of the values since they were read.
        """

    def note_tick(self, at: datetime) -> None:
        """Record that the timer fired."""

    def last_tick(self) -> datetime | None:
        """Return when the timer last fired, or None if it never did."""

    def open_endpoints(self) -> tuple[EndpointId, ...]:
        """Return the endpoints that may have work to do."""

    def mark_open(self, endpoint: EndpointId) -> None:
        """Mark the endpoint as having work, before the work is written. Idempotent."""

    def open_mark(self, endpoint: EndpointId) -> str | None:
        """Return the ETag of the mark, which changes whenever `mark_open` is called; None if there is no mark."""

    def mark_closed(self, endpoint: EndpointId, mark: str) -> None:
        """Mark the endpoint as having no work, unless it was marked open again since this mark was read."""

    def known_endpoints(self) -> tuple[EndpointId, ...]:
        """Return every endpoint that ever had a rollout."""

    def keep_minutes(
        self, rollout_id: str, minutes: Sequence[DeploymentMinute], judgements: Sequence[Judgement] = ()
    ) -> None:
        """Store the telemetry that decisions were based on, and each gate's judgement of it. Idempotent."""

    def with_minutes(self, after: str, limit: int) -> tuple[Pointer, ...]:
        """Return the first pointers after a position, newest first, to rollouts whose minutes may be stored."""

    def forget_minutes(self, pointer: Pointer) -> bool:
        """Delete the telemetry and judgements stored for a rollout; return whether there were any."""

    def forget(self, pointer: Pointer) -> None:
        """Delete a finished rollout with its telemetry and history, and the pointer to it last."""

    def kept_minutes(
        self, rollout_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[DeploymentMinute, ...]:
        """Return the stored telemetry of a rollout from `since` (inclusive) to `until` (exclusive), oldest first."""

    def kept_judgements(
        self, rollout_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[Judgement, ...]:
        """Return the gates' judgements after each minute from `since` to `until`, oldest first."""
