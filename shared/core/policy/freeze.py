"""Freeze windows: times at which a policy's rollouts do not advance. Rollbacks ignore them. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.core.policy.policy import FreezeWindow, Policy


def frozen(policy: Policy, now: datetime) -> str | None:
    """Return why the policy holds rollouts at this moment, or None if it does not."""
    for window in policy.freeze:
        if holds(window, now):
            return window.why
    return None


def holds(window: FreezeWindow, now: datetime) -> bool:
    """Return whether a window is in force at this moment (an aware time)."""
    if window.since is not None or window.until is not None:
        begun = window.since is None or now >= window.since
        return begun and (window.until is None or now < window.until)
    local = now.astimezone(ZoneInfo(window.zone))
    if _same_day(window):
        return local.weekday() in window.days and window.start <= _clock(local) < _end(window)
    yesterday = (local - timedelta(days=1)).weekday()
    return (local.weekday() in window.days and _clock(local) >= window.start) or (
        yesterday in window.days and _clock(local) < window.end
    )


def _same_day(window: FreezeWindow) -> bool:
    """Return whether the window ends on the day on which it begins; an end of 00:00 is the end of that day."""
    return window.end == time(0, 0) or window.start < window.end


def _end(window: FreezeWindow) -> time:
    return time.max if window.end == time(0, 0) else window.end


def _clock(local: datetime) -> time:
    return local.time().replace(tzinfo=None)
