"""Freeze windows in a policy file."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from shared.core.policy import FreezeWindow
from shared.core.schema.findings import Part, Values
from shared.core.schema.grammar import Field, Sequence, Table
from shared.core.schema.kinds import choice
from shared.core.schema.texts import LINE
from shared.core.schema.times import moment, time_of_day, zone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


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
    if len(set(days)) < len(days):
        window.add("days", "a day is listed twice")
    if set(days) >= set(DAYS) and not window.writes("from") and not window.writes("to"):
        window.add("days", "every day, all day: nothing would ever advance")
    if both and window["from"] is not None and window["from"] == window["to"]:
        window.add("to", "the same as from; for the whole day leave both out")


def _check_once(window: Part) -> None:
    for key in ("since", "until"):
        if not window.writes(key):
            window.add(key, "missing; a window needs both since and until")
    since, until, zone = window["since"], window["until"], window["zone"]
    if None not in (since, until, zone) and _utc(until, zone) <= _utc(since, zone):
        window.add("until", "not after since; the window would never apply")


def _utc(written: datetime, zone: str) -> datetime:
    """Return a moment in UTC; one without an offset is local time in the zone."""
    return (written if written.tzinfo else written.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _make(values: Values) -> FreezeWindow:
    if values["since"] is not None:
        since, until = (_utc(values[key], values["zone"]) for key in ("since", "until"))
        return FreezeWindow(values["why"], zone=values["zone"], since=since, until=until)
    return FreezeWindow(**values | {"days": tuple(DAYS.index(day) for day in values["days"])})


FREEZE = Sequence(
    Table(
        fields=(
            Field("why", LINE, "The reason that people see while it applies."),
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
        make=_make,
        check=_check,
    ),
    "[{why: weekend, days: [sat, sun]}]",
    least=0,
)
