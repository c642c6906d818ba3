"""The `timespan` of a Log Analytics request: an ISO 8601 duration or interval. Parsing only."""

from __future__ import annotations

from datetime import datetime, timedelta

from emulator.iso8601 import duration_seconds, utc_time


def interval(text: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the start and end, aware; None for a side that is open.

    The forms are `<duration>` (up to now), `<start>/<end>`, `<start>/<duration>` and `<duration>/<end>`. Raises
    ValueError for anything else.
    """
    if not text:
        return None, None
    first, slash, second = text.strip().partition("/")
    if not slash:
        return now - _length(first), None
    if _is_duration(first):
        end = utc_time(second)
        return end - _length(first), end
    start = utc_time(first)
    return start, start + _length(second) if _is_duration(second) else utc_time(second)


def _is_duration(text: str) -> bool:
    return text.upper().startswith("P")


def _length(text: str) -> timedelta:
    return timedelta(seconds=duration_seconds(text))
