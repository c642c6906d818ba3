"""Freeze windows in a policy file."""

from __future__ import annotations

import collections.abc
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.core.policy import FreezeWindow
from shared.core.schema.findings import Part, Values
from shared.core.schema.grammar import Field, Sequence, Table
from shared.core.schema.kinds import choice
from shared.core.schema.texts import LINE
from shared.core.schema.times import moment, time_of_day, zone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT, WEEK = time(0, 0), timedelta(weeks=1)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
# A Monday in winter and one in summer, around which windows repeat from week to week in every time zone.
MONDAYS = (date(2026, 1, 12), date(2026, 7, 13))


def check_coverage(policy: Part) -> None:
    """Report freeze windows that leave no moment of the week, alone or together, so that no rollout ever advances."""
    weekly = {index: window for index, values in enumerate(policy["freeze"] or []) if (window := _weekly(values))}
    alone = [index for index, window in weekly.items() if _cover_the_week([window])]
    for index in alone:
        policy.add(f"freeze[{index}].days", "every day, all day: nothing would ever advance")
    if not alone and _cover_the_week(list(dict.fromkeys(weekly.values()))):
        policy.add("freeze", "together these windows cover the whole week: nothing would ever advance")


def _weekly(values: Values | None) -> FreezeWindow | None:
    """Return a window that repeats every week; None for any other, and for one that is invalid."""
    if not values or values["since"] or values["until"] or not values["days"]:
        return None
    start, end, zone, days = (values[key] for key in ("from", "to", "zone", "days"))
    if None in (start, end, zone, *days) or start == end != MIDNIGHT:
        return None
    return FreezeWindow("", tuple(DAYS.index(day) for day in days), start, end, zone)


def _cover_the_week(windows: collections.abc.Sequence[FreezeWindow]) -> bool:
    """Return whether one of the windows is always in force."""
    return all(_cover(windows, monday) for monday in MONDAYS)


def _cover(windows: collections.abc.Sequence[FreezeWindow], monday: date) -> bool:
    """Return whether the windows leave no moment of the week that starts on this day, in UTC."""
    reached = datetime.combine(monday, MIDNIGHT, UTC)
    end = reached + WEEK
    # Days are local to the windows' zones, so those of the weeks before and after count too.
    weeks = (monday - WEEK, monday, monday + WEEK)
    for begins, ends in sorted(span for window in windows for week in weeks for span in _spans(window, week)):
        if begins > reached:
            break
        reached = max(reached, ends)
    return reached >= end


def _spans(window: FreezeWindow, monday: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield when a window begins and ends, for each day of a week on which it starts."""
    zone = ZoneInfo(window.zone)
    for day in window.days:
        first = monday + timedelta(days=day)
        last = first if window.start < window.end else first + timedelta(days=1)
        yield datetime.combine(first, window.start, zone), datetime.combine(last, window.end, zone)


def _check(window: Part) -> None:
    daily, once = ([key for key in keys if window.writes(key)] for keys in (("days", "from", "to"), ("since", "until")))
    if daily and once:
        words = f"{daily[0]} and {once[0]} in one window; use days with from and to, or since with until"
        window.add("", words)
    elif once:
        _check_once(window)
    else:
        _check_daily(window)


def _check_daily(window: Part) -> None:
    days, both = window["days"] or [], window.writes("from") and window.writes("to")
    if not window.writes("days"):
        window.add("days", "missing; write days: [sat, sun], or since and until")
    valid = [day for day in days if day is not None]
    if len(set(valid)) < len(valid):
        window.add("days", "a day is listed twice")
    if both and window["from"] is not None and window["from"] == window["to"]:
        window.add("to", "the same as from; for the whole day leave both out")


def _check_once(window: Part) -> None:
    for key in ("since", "until"):
        if not window.writes(key):
            window.add(key, "missing; a window needs both since and until")
    since, until, zone = window["since"], window["until"], window["zone"]
    if None not in (since, until, zone) and _utc(until, zone) <= _utc(since, zone):
        same_day = since == until and until.time() == MIDNIGHT
        remedy = "; a date is the midnight when it begins, so write the next day" if same_day else ""
        window.add("until", f"not after since; the window would never apply{remedy}")


def _utc(written: datetime, zone: str) -> datetime:
    """Return a moment in UTC; one without an offset is local time in the zone. It never exceeds the calendar."""
    try:
        return (written if written.tzinfo else written.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except OverflowError:  # such as the last evening of the year 9999 in New York, which means forever
        return FIRST if written.year == FIRST.year else LAST


def _make(values: Values) -> FreezeWindow:
    if values["since"] is not None:
        since, until = (_utc(values[key], values["zone"]) for key in ("since", "until"))
        return FreezeWindow(values["why"], zone=values["zone"], since=since, until=until)
    return FreezeWindow(**values | {"days": tuple(DAYS.index(day) for day in values["days"])})


FREEZE = Sequence(
    Table(
        fields=(
            Field("why", LINE, "The reason shown while it applies."),
            Field("days", Sequence(choice(*DAYS), "[sat, sun]"), "The days of the week on which it starts."),
            Field(
                "from", time_of_day("18:00"), "When it starts on those days.", otherwise="midnight", attribute="start"
            ),
            Field(
                "to",
                time_of_day("08:00"),
                "When it ends; a time before `from` is on the next day.",
                otherwise="the next midnight",
                attribute="end",
            ),
            Field("zone", zone("Europe/Berlin"), "The time zone of all times here that have none of their own."),
            Field("since", moment("2026-12-20T00:00Z"), "When it starts. Instead of `days`."),
            Field("until", moment("2027-01-03T00:00Z"), "When it ends."),
        ),
        example='{why: weekend, days: [fri], from: "18:00", to: "08:00", zone: Europe/Berlin}',
        makes=FreezeWindow,
        hints={
            "start": "unknown key; did you mean from (a time of day) or since (a date)?",
            "end": "unknown key; did you mean to (a time of day) or until (a date)?",
            "reason": "unknown key; did you mean why?",
        },
        make=_make,
        check=_check,
    ),
    "[{why: weekend, days: [sat, sun]}]",
    least=0,
)
