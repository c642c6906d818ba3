"""Converts records to rows of Table Storage and back: JSON split over properties, and readable columns.

Only the JSON is read back; the readable columns are for people who open the table. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from shared.adapters import table_keys as keys
from shared.core.admission import EndpointRecord
from shared.core.endpoint_id import EndpointId
from shared.core.observation import DeploymentMinute, Halt, HaltEnd, HaltEntry, Tally
from shared.core.reconcile.judging import Judgement
from shared.core.rollout import Rollout
from shared.core.rollout.history import Entry
from shared.core.rollout.pointers import Pointer, admitted_at, countdown
from shared.errors import Permanent, Unstorable
from shared.json_codec import UnreadableError, decode, encode
from shared.ports import Numbered

T = TypeVar("T")
N = TypeVar("N", int, float)
Row = dict[str, Any]

# A string property holds 64 KiB of UTF-16, that is 32768 characters; a row 1 MiB including columns and overhead.
PIECE = 32_000
MOST_PIECES = 15
LONGEST_COLUMN = 1000


def open_row(partition: str, endpoint: EndpointId) -> Row:
    """Return the row that marks an endpoint as having work."""
    return {"PartitionKey": partition, "RowKey": keys.partition_key(endpoint)} | _endpoint_columns(endpoint)


def endpoint_of(row: Mapping[str, Any]) -> EndpointId:
    """Return the endpoint named by a row's columns. Raises Permanent if they are missing."""
    try:
        return EndpointId(str(row["workspace"]), str(row["endpoint"]))
    except KeyError as error:
        raise _unreadable(row, f"it has no column {error}") from error


def pointer_row(partition: str, pointer: Pointer) -> Row:
    """Return a pointer as a row; its key gives the sort order."""
    columns = _endpoint_columns(pointer.endpoint) | {"rollout": pointer.rollout, "model": pointer.model}
    return {"PartitionKey": partition, "RowKey": pointer.position, **columns}


def pointer_of(row: Mapping[str, Any]) -> Pointer:
    """Return the pointer in a row. Raises Permanent if the row is not valid."""
    try:
        admitted = admitted_at(str(row["RowKey"]))
        return Pointer(endpoint_of(row), str(row["rollout"]), str(row["model"]), admitted)
    except (KeyError, ValueError) as error:
        raise _unreadable(row, str(error)) from error


def halt_row(partition: str, halt: Halt) -> Row:
    """Return the newest halt as a row."""
    columns: Row = {"By": halt.by, "Reason": halt.reason, "At": halt.at.astimezone(UTC)}
    if halt.ended is not None:
        ended = halt.ended
        columns |= {"EndedBy": ended.by, "EndedReason": ended.reason, "EndedAt": ended.at.astimezone(UTC)}
    return {"PartitionKey": partition, "RowKey": keys.HALT_ROW, **columns}


def halt_of(row: Mapping[str, Any]) -> Halt:
    """Return the halt in a row. Raises Permanent if it is not one."""
    try:
        ended = "EndedAt" in row
        end = HaltEnd(str(row["EndedBy"]), str(row["EndedReason"]), _time(row, "EndedAt")) if ended else None
        return Halt(str(row["By"]), str(row["Reason"]), _time(row, "At"), end)
    except (KeyError, TypeError) as error:
        raise _unreadable(row, str(error)) from error


def _time(row: Mapping[str, Any], name: str) -> datetime:
    """Return the time in a column. Raises TypeError if it is not one."""
    moment = row[name]
    if not isinstance(moment, datetime):
        raise TypeError(f"{name} is not a time")
    return moment


def halt_entry_row(partition: str, entry: HaltEntry) -> Row:
    """Return an entry of the history of halts as a row; their keys sort the newest first."""
    columns = {"By": entry.by, "Reason": entry.reason, "At": entry.at.astimezone(UTC), "Halted": entry.halted}
    return {"PartitionKey": partition, "RowKey": f"{keys.HALT_ENTRIES}{countdown(entry.at):016d}", **columns}


def halt_entry_of(row: Mapping[str, Any]) -> HaltEntry:
    """Return the entry in a row. Raises Permanent if it is not one."""
    try:
        return HaltEntry(str(row["By"]), str(row["Reason"]), row["At"], halted=bool(row["Halted"]))
    except KeyError as error:
        raise _unreadable(row, str(error)) from error


def record_row(record: EndpointRecord) -> Row:
    """Return an endpoint's lock as a row."""
    columns = {"current": record.current, "waiting": record.waiting}
    return _row(record.endpoint, keys.ENDPOINT_ROW, record) | _present(columns)


def rollout_row(rollout: Rollout) -> Row:
    """Return a rollout as a row."""
    columns = {
        "model": str(rollout.model),
        "phase": rollout.phase.value,
        "reason": rollout.status.reason.code.value,
        "since": rollout.status.since.astimezone(UTC),
        "blue": rollout.blue,
        "green": rollout.green,
        "weight": rollout.traffic.weight,
        "judge_overruled_by": rollout.override.by[:LONGEST_COLUMN] if rollout.override else None,
        "finished": rollout.finished.astimezone(UTC) if rollout.finished else None,
    }
    return _row(rollout.endpoint, keys.rollout_key(rollout.id), rollout) | _present(columns)


def entry_row(endpoint: EndpointId, numbered: Numbered) -> Row:
    """Return a history entry as a row."""
    entry = numbered.entry
    columns = {
        "at": entry.at.astimezone(UTC),
        "actor": entry.actor[:LONGEST_COLUMN],
        "phase": entry.after.value,
        "reason": entry.reason.code.value,
    }
    return _row(endpoint, keys.entry_key(numbered.rollout, numbered.number), entry) | _present(columns)


def minute_row(rollout_id: str, minute: DeploymentMinute) -> Row:
    """Return a minute of telemetry as a row; unknown values have no property."""
    moment = minute.minute.astimezone(UTC)
    tallies = {name: (tally.bad, tally.total) for name, tally in minute.tallies.items()}
    row: Row = {
        "PartitionKey": keys.key(rollout_id),
        "RowKey": f"{keys.moment(moment)}~{keys.key(minute.deployment)}",
        "deployment": minute.deployment,
        "minute": moment,
        "total": minute.total,
        "bad": minute.bad,
        "client_errors": minute.client_errors,
        "overloaded": minute.overloaded,
        "addressed": minute.addressed,
    }
    counted = {
        "slowness": minute.slowness and list(minute.slowness.items()),
        "percentiles": minute.percentiles and list(minute.percentiles.items()),
        "predictions": minute.predictions,
        "tallies": tallies or None,
    }
    return row | {name: _property(row, name, value) for name, value in counted.items() if value is not None}


def minute_of(row: Mapping[str, Any]) -> DeploymentMinute:
    """Return the minute in a row. Raises Permanent if the row is not valid."""
    try:
        return DeploymentMinute(
            deployment=str(row["deployment"]),
            minute=datetime.fromisoformat(str(row["RowKey"]).partition("~")[0]),
            total=int(row["total"]),
            bad=int(row["bad"]),
            client_errors=int(row["client_errors"]),
            overloaded=int(row["overloaded"]),
            addressed=int(row["addressed"]),
            slowness=_pairs(row, "slowness", int),
            percentiles=_pairs(row, "percentiles", float),
            predictions=decode(row["predictions"], dict[str, int]) if "predictions" in row else None,
            tallies=_tallies(row),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _unreadable(row, str(error)) from error


def judgement_row(rollout_id: str, judgement: Judgement) -> Row:
    """Return the gates' judgement of a minute as a row."""
    moment = judgement.minute.astimezone(UTC)
    return {
        "PartitionKey": keys.key(rollout_id),
        "RowKey": keys.JUDGEMENT + keys.moment(moment),
        "minute": moment,
        "weight": judgement.weight,
    } | _pieces(f"what was judged of {rollout_id}", judgement)


def judgement_of(row: Mapping[str, Any]) -> Judgement:
    """Return the judgement in a row. Raises Permanent if the row is not valid."""
    return _value(row, Judgement)


def record_of(row: Mapping[str, Any]) -> EndpointRecord:
    """Return the lock in a row. Raises Permanent if the row is not valid."""
    return _value(row, EndpointRecord)


def rollout_of(row: Mapping[str, Any]) -> Rollout:
    """Return the rollout in a row. Raises Permanent if the row is not valid."""
    return _value(row, Rollout)


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Return the history entry in a row. Raises Permanent if the row is not valid."""
    return _value(row, Entry)


def _property(row: Row, name: str, value: object) -> str:
    """Return a value as one JSON property; mappings with numeric keys become pairs, since JSON has no such keys."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if len(text) > PIECE:
        raise Unstorable(f"{name} of {row['RowKey']} is too large to store: {len(text)} characters of JSON")
    return text


def _pairs(row: Mapping[str, Any], name: str, kind: type[N]) -> dict[int, N] | None:
    return dict(decode(row[name], tuple[tuple[int, kind], ...])) if name in row else None  # type: ignore[valid-type]  # the type is an argument


def _tallies(row: Mapping[str, Any]) -> dict[str, Tally]:
    found = decode(row.get("tallies", "{}"), dict[str, tuple[int, int]])
    return {name: Tally(*counted) for name, counted in found.items()}


def _row(endpoint: EndpointId, row_key: str, value: object) -> Row:
    row = {"PartitionKey": keys.partition_key(endpoint), "RowKey": row_key}
    return row | _pieces(f"{row_key} of endpoint {endpoint}", value)


def _endpoint_columns(endpoint: EndpointId) -> Row:
    return {"workspace": endpoint.workspace, "endpoint": endpoint.name}


def _pieces(what: str, value: object) -> Row:
    text = encode(value)
    pieces = [text[start : start + PIECE] for start in range(0, len(text), PIECE)]
    if len(pieces) > MOST_PIECES:
        raise Unstorable(f"{what} is too large to store: {len(text)} characters of JSON")
    return {_piece(number): piece for number, piece in enumerate(pieces)}


def _value(row: Mapping[str, Any], kind: type[T]) -> T:
    try:
        return decode(_text(row), kind)
    except UnreadableError as error:
        raise _unreadable(row, str(error)) from error


def _text(row: Mapping[str, Any]) -> str:
    pieces: list[str] = []
    while (piece := row.get(_piece(len(pieces)))) is not None:
        pieces.append(str(piece))
    return "".join(pieces)


def _piece(number: int) -> str:
    return "json" if number == 0 else f"json{number}"


def _present(columns: Mapping[str, object]) -> Row:
    return {name: value for name, value in columns.items() if value is not None}


def _unreadable(row: Mapping[str, Any], problem: str) -> Permanent:
    place = f"{row.get('PartitionKey')}/{row.get('RowKey')}"
    return Permanent(f"row {place} of our tables cannot be read: {problem}")
