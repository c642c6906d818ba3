"""NCRONTAB and time spans: which are valid, when they fire, and which are rejected."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cli.host import schedule

FRIDAY = datetime(2026, 11, 20, 10, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "following"),
    [
        ("0 * * * * *", "2026-11-20T10:16:00"),
        ("* * * * * *", "2026-11-20T10:15:31"),
        ("*/20 * * * * *", "2026-11-20T10:15:40"),
        ("0 */5 * * * *", "2026-11-20T10:20:00"),
        ("*/5 * * * *", "2026-11-20T10:20:00"),
        ("0 10/20 * * * *", "2026-11-20T10:30:00"),
        ("0 0 9-17 * * Mon-Fri", "2026-11-20T11:00:00"),
        ("0 0 9 * * MON,WED", "2026-11-23T09:00:00"),
        ("0 0 0 1 January *", "2027-01-01T00:00:00"),
        ("0 0 0 13 * FRI", "2027-08-13T00:00:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
        ("00:30:00", "2026-11-20T10:45:30"),
        ("1.00:00", "2026-11-21T10:15:30"),
        ("0 0 6 * * FRI-TUE", "2026-11-24T06:00:00"),
        ("0 40-20 * * * *", "2026-11-20T10:20:00"),
        ("0 */0 * * * *", "2026-11-20T10:16:00"),
        ("00:00:00", "2026-11-20T10:15:30"),
        ("30:12:00", "2026-12-20T22:15:30"),
        ("2:00:00:30", "2026-11-22T10:16:00"),
        ("3", "2026-11-23T10:15:30"),
    ],
)
def test_next_time(text: str, following: str) -> None:
    """A schedule fires as on the real host: day and weekday must both match, and backward ranges are turned around."""
    assert schedule.parse(text).after(FRIDAY) == datetime.fromisoformat(following).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "* * * * * * *",
        "@daily",
        "60 * * * * *",
        "* 60 * * * *",
        "* * 24 * * *",
        "* * * 0 * *",
        "* * * * 13 *",
        "* * * * * 7",
        "* * * L * *",
        "* * * ? * *",
        "* * * 1W * *",
        "0 *\t* * * *",
        "-5 * * * * *",
        "1, * * * * *",
        "30:25:00",
        "00:61:00",
        "-00:01:00",
    ],
)
def test_refused(text: str) -> None:
    """What the real host rejects is rejected, even if croniter accepts it."""
    with pytest.raises(ValueError, match=r"."):
        schedule.parse(text)


@pytest.mark.parametrize(("text", "shorter"), [("* * * * * *", True), ("00:00:59", True), ("0 * * * * *", False)])
def test_shorter_than_a_minute(text: str, *, shorter: bool) -> None:
    """Schedules under a minute are recognized, because they are not monitored."""
    assert schedule.parse(text).is_shorter_than_a_minute(FRIDAY) is shorter
