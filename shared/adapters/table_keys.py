"""Partition keys and row keys of Table Storage. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from shared.core.endpoint_id import EndpointId

ENDPOINT_ROW = "endpoint"
HALT_ROW = "halt"
HALT_ENTRIES = "halts~"
JUDGEMENT = "judged~"


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Row keys from `first` (inclusive) to `end` (exclusive)."""

    first: str
    end: str


def key(text: str) -> str:
    """Return a text as part of a key: valid Azure names unchanged, anything else without forbidden characters."""
    return quote(text, safe="").replace("%", "~")


def partition_key(endpoint: EndpointId) -> str:
    """Return the partition of an endpoint."""
    return f"{key(endpoint.workspace)}:{key(endpoint.name)}"


def rollout_key(rollout_id: str) -> str:
    """Return the row key of a rollout."""
    return f"rollout~{key(rollout_id)}"


def entry_key(rollout_id: str, number: int) -> str:
    """Return the row key of a history entry; keys sort by number."""
    return f"event~{key(rollout_id)}~{number:06d}"


def entries_of(rollout_id: str, first: int = 0) -> KeyRange:
    """Return the key range of a rollout's history, from entry number `first` on."""
    return KeyRange(entry_key(rollout_id, first), f"event~{key(rollout_id)}~~")


def minutes_in(since: datetime | None, until: datetime | None) -> KeyRange:
    """Return the key range of telemetry in a rollout's partition from `since` to `until`: keys start with the time."""
    return KeyRange(moment(since) if since else "0", moment(until) if until else ":")


def judgements_in(since: datetime | None, until: datetime | None) -> KeyRange:
    """Return the key range of judgements from `since` to `until`, in the same partition."""
    span = minutes_in(since, until)
    return KeyRange(JUDGEMENT + span.first, JUDGEMENT + span.end)


def moment(at: datetime) -> str:
    """Return a time as part of a key; keys sort by time."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
