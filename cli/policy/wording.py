"""Figures as people say them. It must never look anything up."""

from __future__ import annotations

from collections.abc import Sequence

HOUR, DAY = 60.0, 24 * 60.0


def about(minutes: float) -> str:
    """Return minutes as a person would say them: `33 minutes`, `5 hours 10 minutes`, `2.5 days`."""
    if minutes < 2 * HOUR:
        return _counted(max(1, round(minutes)), "minute")
    if minutes < 2 * DAY:
        whole = round(minutes / 10) * 10
        hours, rest = divmod(whole, 60)
        return _counted(hours, "hour") + (f" {rest} minutes" if rest else "")
    return f"{minutes / DAY:.1f} days"


def points(share: float) -> str:
    """Return a rise of a share in points of a hundred: `5-point`, `0.5-point`."""
    return f"{100 * share:.3g}-point"


def share(part: float) -> str:
    """Return a share as a person would say it: `56 %`, `0.5 %`."""
    return f"{100 * part:.2g} %" if part < 0.9995 else "100 %"


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return words as a list in a sentence."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
