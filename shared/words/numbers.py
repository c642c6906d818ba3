"""Formats numbers for reading: durations, percentages of traffic, times of day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def duration(seconds: float) -> str:
    """Format a duration: `45 s`, `30 min`, `1 h 30 min`, `2 d`. At most two units are shown."""
    rest, parts = round(seconds), list[str]()
    for unit, size in UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"


def percent(share: float) -> str:
    """Format a percentage with its sign: `10%`."""
    return f"{share:g}%"


def traffic(shares: Mapping[str, int]) -> str:
    """Format a traffic split: `churn-6 90%, churn-7 10%`, or `no deployment`."""
    return ", ".join(f"{name} {percent(share)}" for name, share in sorted(shares.items())) or "no deployment"


def moment(text: str) -> str:
    """Format an ISO 8601 time: `2026-11-20 14:30 UTC`."""
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
