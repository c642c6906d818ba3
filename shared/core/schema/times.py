"""The kinds of single values that are times: durations, times of day, moments, time zones. None depends on now."""

from __future__ import annotations

import re
import zoneinfo
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from shared.core.schema.words import Unfit, Word, mismatch

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
UNITS["ms"] = timedelta(milliseconds=1)
DURATION = re.compile(r"(?=.)" + "".join(rf"(?:(\d{{1,6}}){unit})?" for unit in UNITS), re.ASCII)
TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)
Schema = dict[str, Any]


class Duration(NamedTuple):
    """A length of time between two bounds, both allowed."""

    least: timedelta
    most: timedelta
    example: str

    @property
    def expects(self) -> str:
        """What is expected, in words."""
        return f"a duration from {spell(self.least)} to {spell(self.most)}"

    def read(self, word: Word) -> timedelta:
        """Return the duration; raises Unfit."""
        match = DURATION.fullmatch(word.text)
        if not match:
            raise Unfit(f"{word} is not a valid duration; write it like {self.example} (units d, h, m, s; or 1h30m)")
        parts = zip(UNITS.values(), match.groups(default="0"), strict=True)
        span = sum((unit * int(count) for unit, count in parts), timedelta())
        if not self.least <= span <= self.most:
            raise mismatch(word.plain, self)
        return span

    def json_schema(self) -> Schema:
        """Return the JSON Schema, which knows the form and not the bounds."""
        return {"type": "string", "pattern": f"^{DURATION.pattern}$", "examples": [self.example]}


class TimeOfDay(NamedTuple):
    """A time of day to the minute, quoted or not: unquoted, YAML takes some of them for numbers."""

    example: str
    expects: str = "a valid time of day (00:00 to 23:59)"

    def read(self, word: Word) -> time:
        """Return the time; raises Unfit."""
        match = TIME_OF_DAY.fullmatch(word.text)
        if not match:
            raise mismatch(word, self._replace(example=f'"{self.example}"'))
        return time(int(match[1]), int(match[2]))

    def json_schema(self) -> Schema:
        """Return the JSON Schema."""
        return {"type": "string", "pattern": f"^(?:{TIME_OF_DAY.pattern})$", "examples": [self.example]}


class Moment(NamedTuple):
    """A date, or a date and time with or without an offset from UTC. Without a time it is midnight."""

    example: str
    expects: str = "a valid date or date and time"

    def read(self, word: Word) -> datetime:
        """Return the moment, without a time zone if none is written; raises Unfit."""
        try:
            if MOMENT.fullmatch(word.text):
                return datetime.fromisoformat(word.text)
        except ValueError:
            pass
        raise mismatch(word, self._replace(example=f"2026-12-24, 2026-12-24T18:00 or {self.example}"))

    def json_schema(self) -> Schema:
        """Return the JSON Schema."""
        return {"type": "string", "pattern": f"^(?:{MOMENT.pattern})$", "examples": [self.example]}


class Zone(NamedTuple):
    """A time zone by its IANA name."""

    example: str
    expects: str = "a valid time zone"

    def read(self, word: Word) -> str:
        """Return the name; raises Unfit if this machine does not know the zone."""
        try:
            zoneinfo.ZoneInfo(word.text)
        except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
            import difflib  # noqa: PLC0415 -- only a wrong policy needs it

            near = difflib.get_close_matches(word.text, zoneinfo.available_timezones(), n=1)
            remedy = f"did you mean {near[0]}?" if near else f"write its IANA name, like {self.example}"
            raise Unfit(f"{word} is not {self.expects}; {remedy}") from None
        return word.text

    def json_schema(self) -> Schema:
        """Return the JSON Schema."""
        return {"type": "string", "minLength": 1, "examples": [self.example]}


def spell(span: timedelta) -> str:
    """Return a duration as a policy writes it, such as `1h30m`."""
    left, words = span, ""
    for letter, unit in UNITS.items():
        count, left = divmod(left, unit)
        words += f"{count}{letter}" if count else ""
    return words or "0s"
