"""Whole minutes: rounding to them, and ranges of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


def floor_minute(moment: datetime) -> datetime:
    """Return the start of the minute that contains this moment."""
    return moment.replace(second=0, microsecond=0)


def ceil_minute(moment: datetime) -> datetime:
    """Return the start of the first minute that lies wholly after this moment."""
    floor = floor_minute(moment)
    return floor if floor == moment else floor + MINUTE


def span(minutes: Iterable[datetime]) -> list[datetime]:
    """Return every minute from the first to the last of these."""
    known = sorted(minutes)
    if not known:
        return []
    return [known[0] + i * MINUTE for i in range(round((known[-1] - known[0]) / MINUTE) + 1)]
