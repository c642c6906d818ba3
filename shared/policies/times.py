"""Values of a policy that are times: durations, times of day, moments, time zones. Never one that depends on now."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import NamedTuple

from shared.policies.words import Unfit, Word

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
UNITS["ms"] = timedelta(milliseconds=1)
DURATION = re.compile(r"(?=.)" + "".join(rf"(?:(\d{{1,6}}){unit})?" for unit in UNITS), re.ASCII)
TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)


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
            raise Unfit(f"{word} is not a duration; write it like {self.example} (units d, h, m, s; or 1h30m)")
        parts = zip(UNITS.values(), match.groups(default="0"), strict=True)
        span = sum((unit * int(count) for unit, count in parts), timedelta())
        if not self.least <= span <= self.most:
            raise Unfit(f"{word.plain} is not {self.expects}; write it like {self.example}")
        return span


class TimeOfDay(NamedTuple):
    """A time of day to the minute. In quotes or not: without, YAML takes some of them for numbers."""

    example: str
    expects: str = "a time of day from 00:00 to 23:59"

    def read(self, word: Word) -> time:
        """Return the time; raises Unfit."""
        match = TIME_OF_DAY.fullmatch(word.text)
        if not match:
            raise Unfit(f'{word} is not {self.expects}; write it like "{self.example}"')
        return time(int(match[1]), int(match[2]))


class Moment(NamedTuple):
    """A day, or a day and a time with or without an offset from UTC; what is missing is local midnight, local time."""

    example: str
    expects: str = "a day or a moment"

    def read(self, word: Word) -> datetime:
        """Return the moment, without time zone if none is written; raises Unfit."""
        try:
            if MOMENT.fullmatch(word.text):
                return datetime.fromisoformat(word.text)
        except ValueError:
            pass
        raise Unfit(f"{word} is not {self.expects}; write it like 2026-12-24, 2026-12-24T18:00 or {self.example}")


class Zone(NamedTuple):
    """A time zone by its IANA name."""

    example: str
    expects: str = "a time zone"

    def read(self, word: Word) -> str:
        """Return the name; raises Unfit if this machine knows no such zone."""
        import zoneinfo  # noqa: PLC0415 -- few policies name a zone, and every start reads policies

        try:
            zoneinfo.ZoneInfo(word.text)
        except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
            import difflib  # noqa: PLC0415 -- only a wrong policy needs it

            near = difflib.get_close_matches(word.text, zoneinfo.available_timezones(), n=1)
            right = f"did you mean {near[0]}?" if near else f"write its IANA name, like {self.example}"
            raise Unfit(f"{word} is not a time zone; {right}") from None
        return word.text


def spell(span: timedelta) -> str:
    """Return a duration as a policy writes it, such as `1h30m`."""
    left, words = span, ""
    for letter, unit in UNITS.items():
        count, left = divmod(left, unit)
        words += f"{count}{letter}" if count else ""
    return words or "0s"
