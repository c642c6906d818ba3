"""Formats figures and lists for reading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from shared.words.numbers import duration

SECOND = 1000.0


def minutes(count: float) -> str:
    """Format minutes: `33 min`, `5 h 12 min`, `2 d 3 h`."""
    return duration(60.0 * round(count)) if round(count) else "under a minute"


def span(length: timedelta) -> str:
    """Format a policy's duration: `500 ms`, `30 min`, `1 h 30 min`."""
    milliseconds = length / timedelta(milliseconds=1)
    return f"{milliseconds:g} ms" if 0.0 < milliseconds < SECOND else duration(length.total_seconds())


def share(part: float) -> str:
    """Return a share (0 to 1) as a percentage: `56%`, `0.5%`."""
    return f"{100 * part:.2g}%" if part < 0.9995 else "100%"


def counted(number: int, noun: str) -> str:
    """Return a count with its noun: `1 step`, `1,200 steps`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return words as a list in a sentence."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
