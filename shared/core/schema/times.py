"""The kinds of scalar values that are times: durations, times of day, moments, time zones. None depends on now."""

from __future__ import annotations

import re
import zoneinfo
from datetime import datetime, time, timedelta
from typing import Any

from shared.core.schema.kinds import Scalar
from shared.core.schema.words import Unfit, Word

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)
UNITS = {"d": DAY, "h": timedelta(hours=1), "m": MINUTE, "s": SECOND, "ms": MILLISECOND}
DURATION = re.compile(r"(?=.)" + "".join(rf"(?:(\d{{1,6}}){unit})?" for unit in UNITS), re.ASCII)
TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)


def duration(least: timedelta, most: timedelta, example: str) -> Scalar[timedelta]:
    """Return the kind of a duration between two bounds, inclusive. Editors only check its format."""
    expects = f"a duration from {spell(least)} to {spell(most)}"

    def parse(word: Word) -> timedelta:
        match = DURATION.fullmatch(word.text)
        if not match:
            raise Unfit(f"{word} is not a valid duration; write it like {example} (units d, h, m, s; or 1h30m)")
        parts = zip(UNITS.values(), match.groups(default="0"), strict=True)
        span = sum((unit * int(count) for unit, count in parts), timedelta())
        if not least <= span <= most:
            raise Unfit(f"{word.plain} is not {expects}; write it like {example}")
        return span

    return Scalar(expects, example, parse, _schema(f"^{DURATION.pattern}$", example))


def time_of_day(example: str) -> Scalar[time]:
    """Return the kind of a time of day in minutes, quoted or not: unquoted, YAML reads some as numbers."""

    def parse(word: Word) -> time:
        match = TIME_OF_DAY.fullmatch(word.text)
        if not match:
            raise ValueError
        return time(int(match[1]), int(match[2]))

    schema = _schema(f"^(?:{TIME_OF_DAY.pattern})$", example)
    return Scalar("a valid time of day (00:00 to 23:59)", f'"{example}"', parse, schema)


def moment(example: str) -> Scalar[datetime]:
    """Return the kind of a date, or a date and time with or without a UTC offset. A date means its midnight."""

    def parse(word: Word) -> datetime:
        if not MOMENT.fullmatch(word.text):
            raise ValueError
        return datetime.fromisoformat(word.text)

    forms = f"2026-12-24, 2026-12-24T18:00 or {example}"
    return Scalar("a valid date or date and time", forms, parse, _schema(f"^(?:{MOMENT.pattern})$", example))


def zone(example: str) -> Scalar[str]:
    """Return the kind of a time zone's IANA name that is known on this machine."""

    def parse(word: Word) -> str:
        try:
            zoneinfo.ZoneInfo(word.text)
        except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
            near = _near(word.text, sorted(zoneinfo.available_timezones()))
            remedy = f"did you mean {near}?" if near else f"write its IANA name, like {example}"
            raise Unfit(f"{word} is not a valid time zone; {remedy}") from None
        return word.text

    return Scalar("a valid time zone", example, parse, {"type": "string", "minLength": 1, "examples": [example]})


def _near(text: str, zones: list[str]) -> str | None:
    """Return the zone with almost this name, or of a city with this name. Another zone's abbreviation is neither."""
    import difflib  # noqa: PLC0415 -- only a wrong policy needs it

    name = text.strip().replace(" ", "_").lower()
    city = next((zone for zone in zones if "/" in zone and zone.lower().rpartition("/")[2] == name), None)
    known = {zone.lower(): zone for zone in zones}
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
    return city or (known[near[0]] if near else None)


def spell(span: timedelta) -> str:
    """Return a duration as a policy writes it, such as `1h30m`."""
    left, words = span, ""
    for letter, unit in UNITS.items():
        count, left = divmod(left, unit)
        words += f"{count}{letter}" if count else ""
    return words or "0s"


def _schema(pattern: str, example: str) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern, "examples": [example]}
