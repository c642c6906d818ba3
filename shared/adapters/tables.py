"""Rollouts, their history and the telemetry they were judged by, in Azure Table Storage.

Every write of a record is conditional on the ETag that was read, in one transaction with its history. Data that a
decision depends on must never be written unconditionally.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from azure.data.tables import TableServiceClient

from shared.adapters import table_keys as keys
from shared.adapters import table_rows as rows
from shared.adapters.table import MOST_OPERATIONS, Operation, Table, merge, upsert, write
from shared.adapters.table_keys import KeyRange
from shared.core.admission import EndpointRecord
from shared.core.endpoint_id import EndpointId
from shared.core.observation import DeploymentMinute
from shared.core.reconcile.judging import Judgement
from shared.core.rollout import Rollout
from shared.core.rollout.history import Entry
from shared.core.rollout.pointers import Pointer, Wanted, first_position
from shared.errors import Conflict, Permanent
from shared.names import MINUTES_TABLE, OPEN_TABLE, ROLLOUTS_TABLE
from shared.ports import Changes, Halt, HaltEntry, Stored

# One table of lists: the endpoints with work, spread over 16 partitions; pointers to all rollouts in one partition,
# because an app starts tens of rollouts a day and a partition takes 2,000 writes a second; and the halt.
OPEN = "open"
KNOWN = "known"
EVERYTHING = KeyRange("", "~~")
TICK = "tick"
NEWEST = "newest"
WITH_MINUTES = "minutes"
HALT = "halt"


class TableStore:
    """The port Store on the tables of `shared/names.py`."""

    def __init__(self, service: TableServiceClient) -> None:
        self._rollouts = Table(service.get_table_client(ROLLOUTS_TABLE))
        self._minutes = Table(service.get_table_client(MINUTES_TABLE))
        self._lists = Table(service.get_table_client(OPEN_TABLE))

    def halt(self) -> Halt | None:
        """Return the newest halt, which may have ended, or None if there never was one."""
        row = self._lists.get(HALT, keys.HALT_ROW)
        return None if row is None else rows.halt_of(row)

    def set_halt(self, halt: Halt) -> None:
        """Put a halt in force or, with `ended`, end it; and append that to the history in the same transaction.

        Raises Conflict if the halt to end is no longer the newest one.
        """
        row, entry = rows.halt_row(HALT, halt), rows.halt_entry_row(HALT, HaltEntry.of(halt))
        if halt.in_force:
            self._lists.submit([upsert(row), upsert(entry)])  # a repeated call, as after a lost answer, changes nothing
            return
        newest = self._lists.get(HALT, keys.HALT_ROW)
        if newest is None or rows.halt_of(newest) != replace(halt, ended=None):
            raise Conflict("another halt was ordered or ended meanwhile; look again")
        self._lists.submit([write(row, newest.metadata["etag"]), write(entry, None)])

    def halt_history(self, limit: int) -> tuple[HaltEntry, ...]:
        """Return the newest entries of the history of halts, newest first."""
        found = self._lists.first(HALT, keys.HALT_ENTRIES, f"{keys.HALT_ENTRIES}~", {}, limit)
        return tuple(map(rows.halt_entry_of, found))

    def record(self, endpoint: EndpointId) -> Stored[EndpointRecord]:
        """Return the endpoint's lock; a new one without etag if there is none."""
        row = self._rollouts.get(keys.partition_key(endpoint), keys.ENDPOINT_ROW)
        if row is None:
            return Stored(EndpointRecord(endpoint))
        return Stored(rows.record_of(row), row.metadata["etag"])

    def rollout(self, endpoint: EndpointId, rollout_id: str) -> Stored[Rollout] | None:
        """Return one rollout, or None."""
        row = self._rollouts.get(keys.partition_key(endpoint), keys.rollout_key(rollout_id))
        return None if row is None else Stored(rows.rollout_of(row), row.metadata["etag"])

    def enlist(self, pointer: Pointer) -> None:
        """Add a rollout, and its endpoint, to the lists of all, before the rollout itself is written. Idempotent."""
        self._lists.put(rows.open_row(KNOWN, pointer.endpoint))
        for partition in (NEWEST, WITH_MINUTES):
            self._lists.put(rows.pointer_row(partition, pointer))

    def pointers(self, wanted: Wanted, after: str, limit: int) -> tuple[Pointer, ...]:
        """Return the first pointers after a position that `wanted.lists`, newest first; some may be dangling."""
        until = "~" if wanted.since is None else first_position(wanted.since)
        columns = {"workspace": wanted.workspace, "endpoint": wanted.endpoint, "model": wanted.model}
        known = {name: value for name, value in columns.items() if value is not None}
        return tuple(map(rows.pointer_of, self._lists.first(NEWEST, after, until, known, limit)))

    def history(self, endpoint: EndpointId, rollout_id: str, first: int = 0) -> tuple[Entry, ...]:
        """Return a rollout's history from entry number `first` on, oldest first."""
        found = self._rollouts.range(keys.partition_key(endpoint), keys.entries_of(rollout_id, first))
        return tuple(map(rows.entry_of, found))

    def commit(self, endpoint: EndpointId, changes: Changes) -> dict[str, str]:
        """Write all changes in one transaction; return the new etags of rollouts by id.

        Raises Conflict, with nothing written, if another writer changed any of the values since they were read.
        """
        operations = _operations(endpoint, changes)
        if len(operations) > MOST_OPERATIONS:
            raise Permanent(f"{len(operations)} changes of {endpoint} at once; a transaction holds {MOST_OPERATIONS}")
        etags = self._rollouts.submit(operations)
        ids = [stored.value.id for stored in changes.rollouts]
        return dict(zip(ids, etags[: len(ids)], strict=True))

    def note_tick(self, at: datetime) -> None:
        """Record that the timer fired."""
        self._lists.put({"PartitionKey": TICK, "RowKey": TICK, "At": at})

    def last_tick(self) -> datetime | None:
        """Return when the timer last fired, or None if it never did."""
        row = self._lists.get(TICK, TICK)
        return None if row is None else datetime.fromtimestamp(row["At"].timestamp(), UTC)

    def open_endpoints(self) -> tuple[EndpointId, ...]:
        """Return the endpoints that may have work to do."""
        found = self._lists.partitions(KeyRange(f"{OPEN}~", f"{OPEN}~~"))
        return tuple(sorted(rows.endpoint_of(row) for row in found))

    def mark_open(self, endpoint: EndpointId) -> None:
        """Mark the endpoint as having work, before the work is written. Idempotent."""
        self._lists.put(rows.open_row(_shard(endpoint), endpoint))

    def open_mark(self, endpoint: EndpointId) -> str | None:
        """Return the ETag of the mark, which changes whenever `mark_open` is called; None if there is no mark."""
        row = self._lists.get(_shard(endpoint), keys.partition_key(endpoint))
        return None if row is None else str(row.metadata["etag"])

    def mark_closed(self, endpoint: EndpointId, mark: str) -> None:
        """Mark the endpoint as having no work, unless it was marked open again since this mark was read."""
        self._lists.delete(_shard(endpoint), keys.partition_key(endpoint), mark)

    def known_endpoints(self) -> tuple[EndpointId, ...]:
        """Return every endpoint that ever had a rollout."""
        found = self._lists.range(KNOWN, EVERYTHING)
        return tuple(sorted(rows.endpoint_of(row) for row in found))

    def keep_minutes(
        self, rollout_id: str, minutes: Sequence[DeploymentMinute], judgements: Sequence[Judgement] = ()
    ) -> None:
        """Store the telemetry that decisions were based on, and each gate's judgement of it. Idempotent."""
        kept = [rows.minute_row(rollout_id, minute) for minute in minutes]
        kept += [rows.judgement_row(rollout_id, judgement) for judgement in judgements]
        by_key = {row["RowKey"]: row for row in kept}  # a transaction may contain each row only once
        writes = [merge(row) for row in by_key.values()]  # a minute that is read again may have less data
        for start in range(0, len(writes), MOST_OPERATIONS):
            self._minutes.submit(writes[start : start + MOST_OPERATIONS])

    def with_minutes(self, after: str, limit: int) -> tuple[Pointer, ...]:
        """Return the first pointers after a position, newest first, to rollouts whose minutes may be stored."""
        return tuple(map(rows.pointer_of, self._lists.first(WITH_MINUTES, after, "~", {}, limit)))

    def forget_minutes(self, pointer: Pointer) -> bool:
        """Delete the telemetry and judgements stored for a rollout; return whether there were any."""
        deleted = self._minutes.clear(keys.key(pointer.rollout), EVERYTHING)
        self._lists.delete(WITH_MINUTES, pointer.position)
        return deleted > 0

    def forget(self, pointer: Pointer) -> None:
        """Delete a finished rollout with its telemetry and history, and the pointer to it last."""
        self.forget_minutes(pointer)
        partition = keys.partition_key(pointer.endpoint)
        self._rollouts.clear(partition, keys.entries_of(pointer.rollout))
        self._rollouts.delete(partition, keys.rollout_key(pointer.rollout))
        self._lists.delete(NEWEST, pointer.position)

    def kept_minutes(
        self, rollout_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[DeploymentMinute, ...]:
        """Return the stored telemetry of a rollout from `since` (inclusive) to `until` (exclusive), oldest first."""
        return tuple(map(rows.minute_of, self._minutes.range(keys.key(rollout_id), keys.minutes_in(since, until))))

    def kept_judgements(
        self, rollout_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[Judgement, ...]:
        """Return the gates' judgements after each minute from `since` to `until`, oldest first."""
        return tuple(
            map(rows.judgement_of, self._minutes.range(keys.key(rollout_id), keys.judgements_in(since, until)))
        )


def _operations(endpoint: EndpointId, changes: Changes) -> list[Operation]:
    partition = keys.partition_key(endpoint)
    operations = [write(rows.rollout_row(stored.value), stored.etag) for stored in changes.rollouts]
    if changes.record is not None:
        operations.append(write(rows.record_row(changes.record.value), changes.record.etag))
    operations += [write(rows.entry_row(endpoint, numbered), None) for numbered in changes.entries]
    for _, row, _ in operations:
        if row["PartitionKey"] != partition:
            raise Permanent(f"{row['RowKey']} belongs to {row['PartitionKey']}, not to {partition}")
    return operations


def _shard(endpoint: EndpointId) -> str:
    # One hexadecimal digit: 16 partitions, to spread the load of a busy minute over several servers.
    return f"{OPEN}~{hashlib.sha256(str(endpoint).encode()).hexdigest()[0]}"
