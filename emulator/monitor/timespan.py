"""The `timespan` of a Log Analytics request: an ISO 8601 duration or an interval. Reads only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from emulator.serving.durations import seconds


def interval(text: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return start and end, aware; None where the request leaves a side open.

    `<duration>` ends now; `<start>/<end>`, `<start>/<duration>` and `<duration>/<end>` are what they say.
    Raises ValueError for anything else.
    """
    if not text:
        return None, None
    first, slash, second = text.strip().partition("/")
    if not slash:
        return now - _length(first), None
    if _is_duration(first):
        end = _moment(second)
        return end - _length(first), end
    start = _moment(first)
    return start, start + _length(second) if _is_duration(second) else _moment(second)


def _is_duration(text: str) -> bool:
    return text.upper().startswith("P")


def _length(text: str) -> timedelta:
    return timedelta(seconds=seconds(text))


def _moment(text: str) -> datetime:
    """Read a time; one without a zone is UTC, as everything in Kusto is."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
