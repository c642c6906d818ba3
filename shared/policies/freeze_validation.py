"""Freeze windows that can never hold, or that say two things."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.policies.problems import Findings
from shared.policies.reading import Values
from shared.policies.tables.policy import DAYS

DAILY, ONCE = ("days", "from", "to"), ("since", "until")


def check_freeze(windows: list[Values], findings: Findings) -> None:
    """Find freeze windows of neither or both kinds, and those that are over before they begin."""
    for index, window in enumerate(windows):
        path = f"freeze[{index}]"
        daily = [key for key in DAILY if f"{path}.{key}" in findings.places]
        once = [key for key in ONCE if f"{path}.{key}" in findings.places]
        if daily and once:
            words = f"{daily[0]} and {once[0]} in one window; write days with from and to, or since with until"
            findings.add(path, words)
        elif once:
            _once(window, path, once, findings)
        else:
            _daily(window, path, daily, findings)


def moment_in(written: datetime, zone: str) -> datetime:
    """Return a moment in UTC; one without an offset is local time in the zone."""
    return (written if written.tzinfo else written.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _daily(window: Values, path: str, written: list[str], findings: Findings) -> None:
    if window and "days" not in written:
        findings.add(f"{path}.days", "missing; write days: [sat, sun], or since and until")
    days = window.get("days") or []
    if len(set(days)) < len(days):
        findings.add(f"{path}.days", "a day stands there twice")
    if set(days) >= set(DAYS) and not {"from", "to"} & set(written):
        findings.add(f"{path}.days", "every day, all day: nothing would ever go forward")
    start, end = window.get("from"), window.get("to")
    if start is not None and start == end:
        words = "the same as from; for the whole day leave both out"
        findings.add(f"{path}.to", words)


def _once(window: Values, path: str, written: list[str], findings: Findings) -> None:
    for key in ONCE:
        if key not in written:
            findings.add(f"{path}.{key}", "missing; a window has both since and until")
    ends: list[Any] = [window.get(key) for key in ONCE]
    zone = window.get("zone")
    if None in ends or zone is None:
        return
    since, until = (moment_in(end, zone) for end in ends)
    if until <= since:
        findings.add(f"{path}.until", "not after since; the window would never hold")
