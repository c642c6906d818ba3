"""Parses .NET TimeSpan text (`[d.]hh:mm[:ss[.fffffff]]`), as used by host.json and timer schedules."""

from __future__ import annotations

import re
from datetime import timedelta

_PATTERN = re.compile(r"(?:(\d+)\.)?([01]?\d|2[0-3]):([0-5]?\d)(?::([0-5]?\d)(?:\.(\d{1,7}))?)?")


def parse(text: str) -> timedelta:
    """Return the duration. Raises ValueError for anything that .NET would not parse, and for negative durations."""
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time span like 00:05:00")
    days, hours, minutes, seconds, fraction = match.groups()
    return timedelta(
        days=int(days or 0),
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds or 0),
        microseconds=int((fraction or "0").ljust(7, "0")) // 10,
    )
