"""Parses .NET TimeSpan text (`[d.]hh:mm[:ss[.fffffff]]`), as used by host.json and timer schedules."""

from __future__ import annotations

import re
from datetime import timedelta

_DAYS = r"(?:(?P<days>\d+)[.:])?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_DAYS}(?P<hours>\d\d?):(?P<minutes>\d\d?):(?P<seconds>\d\d?)(?:\.(?P<fraction>\d{{1,7}}))?",
        rf"{_DAYS}(?P<hours>\d\d?):(?P<minutes>\d\d?)",
        r"(?P<days>\d+)",
    )
)
_LIMITS = {"hours": 23, "minutes": 59, "seconds": 59}


def parse(text: str) -> timedelta:
    """Return the duration. Raises ValueError for anything that .NET would not parse, and for negative durations.

    As in .NET, a number alone is days, and so is the first of three if it is too large for hours: `25:00:00`.
    """
    for form in _FORMS:
        match = form.fullmatch(text.strip())
        parts = {name: part for name, part in match.groupdict().items() if part} if match else {}
        fraction = parts.pop("fraction", "0").ljust(7, "0")
        values = {name: int(part) for name, part in parts.items()}
        if match and all(values.get(name, 0) <= limit for name, limit in _LIMITS.items()):
            return timedelta(microseconds=int(fraction) // 10, **values)
    raise ValueError(f"{text!r} is not a time span like 00:05:00")
