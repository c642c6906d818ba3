"""Timer schedules: NCRONTAB with five or six fields, or a time span. Pure: the time is an argument, in UTC.

croniter computes the times. It accepts more than NCRONTAB (L, ?, weekday 7, @daily), so each field is checked first.
NCRONTAB requires day of month *and* weekday to match: hence `day_or=False`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from croniter import croniter

from cli.host import timespan

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_ITEM = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?")


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    lowest: int
    highest: int
    words: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        word = text.lower()[:3]
        if not text.isdigit() and word in self.words:
            return self.words.index(word) + self.lowest
        if not text.isdigit() or not self.lowest <= int(text) <= self.highest:
            raise ValueError(f"{self.name} must be from {self.lowest} to {self.highest}, not {text!r}")
        return int(text)

    def plain(self, text: str) -> str:
        """Return the field with names replaced by numbers. Raises ValueError for what NCRONTAB rejects."""
        return ",".join(self._item(item) for item in text.split(","))

    def _item(self, text: str) -> str:
        match = _ITEM.fullmatch(text)
        if match is None:
            raise ValueError(f"{self.name} cannot be {text!r}")
        step = f"/{match['step']}" if int(match["step"] or 0) else ""  # NCRONTAB takes a step of 0 for 1
        if match["first"] is None:
            return f"*{step}"
        first = self.number(match["first"])
        if match["last"] is None:
            return f"{first}-{self.highest}{step}" if step else str(first)
        first, last = sorted((first, self.number(match["last"])))  # NCRONTAB turns a backward range around
        return f"{first}-{last}{step}"


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 6, _DAYS),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a timer fires: `text` as written in the app, and its cron expression with seconds or constant interval."""

    text: str
    expression: str | None
    span: timedelta | None = None

    def after(self, moment: datetime) -> datetime:
        """Return the first time after `moment`. Raises ValueError if there is none in the coming years."""
        if self.span is not None:
            return moment + self.span
        times = croniter(self.expression, moment, second_at_beginning=True, day_or=False)
        following: datetime = times.get_next(datetime)
        return following

    def is_shorter_than_a_minute(self, moment: datetime) -> bool:
        """Return whether the timer fires more than once a minute after `moment`; the host then keeps no status."""
        first = self.after(moment)
        return self.after(first) - first < timedelta(minutes=1)


def parse(text: str) -> Schedule:
    """Return the schedule. Raises ValueError naming the invalid field."""
    if "\t" in text:
        raise ValueError(f"{text!r} has a tab; fields are separated by spaces")
    parts = text.split()
    if len(parts) == 1:
        return Schedule(text, None, timespan.parse(text))
    if len(parts) not in {5, 6}:
        raise ValueError(f"{text!r} has {len(parts)} fields; NCRONTAB has six (second first) or five")
    parts = ["0", *parts] if len(parts) == 5 else parts
    return Schedule(text, " ".join(field.plain(part) for field, part in zip(_FIELDS, parts, strict=True)))
