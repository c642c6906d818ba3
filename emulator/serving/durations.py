"""ISO 8601 durations (`PT2S`, `P1DT12H`) as Azure's bodies carry them. Reads only; never guesses."""

from __future__ import annotations

from datetime import timedelta

import isodate  # type: ignore[import-untyped]  # the library carries no types


def seconds(text: str) -> float:
    """Return the length of an ISO 8601 duration in seconds.

    Raises ValueError for anything else, and for months and years, which have no fixed length.
    """
    try:
        length = isodate.parse_duration(text)
    except (isodate.ISO8601Error, TypeError) as error:
        raise ValueError(f"{text!r} is not an ISO 8601 duration") from error
    if isinstance(length, timedelta):
        return length.total_seconds()
    raise ValueError(f"{text!r} has no fixed length: months and years are not accepted")
