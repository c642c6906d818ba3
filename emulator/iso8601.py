"""ISO 8601 durations and times as Azure's requests and bodies carry them. Parsing only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import isodate  # type: ignore[import-untyped]  # the library has no type hints


def duration_seconds(text: str) -> float:
    """Return the length in seconds of an ISO 8601 duration such as `PT2S` or `P1DT12H`.

    Raises ValueError for anything else, and for months and years, which have no fixed length.
    """
    try:
        length = isodate.parse_duration(text)
    except (isodate.ISO8601Error, TypeError) as error:
        raise ValueError(f"{text!r} is not an ISO 8601 duration") from error
    if isinstance(length, timedelta):
        return length.total_seconds()
    raise ValueError(f"{text!r} has no fixed length: months and years are not accepted")


def utc_time(text: str) -> datetime:
    """Return an ISO 8601 time as an aware time in UTC; one without a zone is UTC already. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
