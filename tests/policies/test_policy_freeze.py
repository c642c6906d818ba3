"""Freeze windows: the messages for invalid ones, and when valid ones apply in the core."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.core.policy import Policy
from shared.core.policy.freeze import frozen
from shared.json_codec import decode, encode
from shared.policies.policy_set import read_policies

HEAD = "endpoint: churn\nmodels: [{name: m}]\nsteps: [weight: 10]\nfreeze:\n"

NOT_ZONES = [
    ("Lisbon", "did you mean Europe/Lisbon?"),
    ("New York", "did you mean America/New_York?"),
    ("asia/tokyo", "did you mean Asia/Tokyo?"),
    ("PST", "write its IANA name, like Europe/Berlin"),
    ("UTC+2", "write its IANA name, like Europe/Berlin"),
    ("W. Europe Standard Time", "write its IANA name, like Europe/Berlin"),
]

WRONG = {
    "without a reason": (
        "- {days: [sat]}",
        ['5:3: freeze[0].why: missing; write it like why: "no changes at the weekend"'],
    ),
    "without a time": (
        '- {why: x}\n- {why: x, from: "10:00"}',
        [f"{line}:3: freeze[{line - 5}].days: missing; write days: [sat, sun], or since and until" for line in (5, 6)],
    ),
    "half a window": (
        "- {why: x, since: 2026-12-20}\n- {why: x, until: 2026-12-20}",
        [
            "5:3: freeze[0].until: missing; a window needs both since and until",
            "6:3: freeze[1].since: missing; a window needs both since and until",
        ],
    ),
    "both kinds": (
        "- {why: x, days: [fri], until: 2026-12-20}",
        ["5:3: freeze[0]: days and until in one window; use days with from and to, or since with until"],
    ),
    "equal times": (
        '- {why: x, days: [fri], from: "18:00", to: "18:00"}',
        ["5:40: freeze[0].to: the same as from; for the whole day leave both out"],
    ),
    "ends before it begins": (
        "- {why: x, since: 2026-12-20T00:30, until: 2026-12-20T00:00Z, zone: Africa/Abidjan}",
        ["5:37: freeze[0].until: not after since; the window would never apply"],
    ),
    "a single date": (
        "- {why: x, since: 2026-05-01, until: 2026-05-01}",
        [
            (
                "5:31: freeze[0].until: not after since; the window would never apply; a date is the midnight when it "
                "begins, so write the next day"
            )
        ],
    ),
    "forever": (
        "- {why: x, days: [mon, tue, wed, thu, fri, sat, sun]}",
        ["5:12: freeze[0].days: every day, all day: nothing would ever advance"],
    ),
    "every day from midnight": (
        '- {why: x, days: [sun, mon, tue, wed, thu, fri, sat], from: "00:00"}',
        ["5:12: freeze[0].days: every day, all day: nothing would ever advance"],
    ),
    "two windows that add up to a week": (
        (
            "- {why: x, days: [mon, tue, wed, thu]}\n- {why: y, days: [fri, sat, sun], zone: Asia/Tokyo}\n"
            '- {why: z, days: [sun, thu], from: "14:00", to: "02:00"}'
        ),
        ["4:1: freeze: together these windows cover the whole week: nothing would ever advance"],
    ),
    "days and nights": (
        (
            "- {why: x, days: &all [mon, tue, wed, thu, fri, sat, sun], from: '07:30', to: '21:00', zone: Asia/Tokyo}\n"
            "- {why: y, days: *all, from: '20:30', to: '07:30', zone: Asia/Tokyo}"
        ),
        ["4:1: freeze: together these windows cover the whole week: nothing would ever advance"],
    ),
    "the same day twice": ("- {why: x, days: [fri, fri]}", ["5:12: freeze[0].days: a day is listed twice"]),
    "two invalid days": (
        "- {why: x, days: [Mo, Di, sun]}",
        [
            f"5:{column}: freeze[0].days[{index}]: '{day}' is not mon, tue, wed, thu, fri, sat or sun"
            for index, (column, day) in enumerate(((19, "Mo"), (23, "Di")))
        ],
    ),
    "invalid days and times": (
        '- {why: x, days: [Fr], from: 6pm, to: "24:00"}',
        [
            "5:19: freeze[0].days[0]: 'Fr' is not mon, tue, wed, thu, fri, sat or sun",
            "5:24: freeze[0].from: '6pm' is not a valid time of day (00:00 to 23:59); write it like \"18:00\"",
            (
                "5:35: freeze[0].to: '24:00' (in quotes) is not a valid time of day (00:00 to 23:59); write it "
                'like "08:00"; did you mean "00:00"?'
            ),
        ],
    ),
    "invalid zones": (
        "- {why: x, days: [fri], zone: Europe/Berln}\n- {why: x, days: [fri], zone: ../../etc/passwd}\n",
        [
            "5:25: freeze[0].zone: 'Europe/Berln' is not a valid time zone; did you mean Europe/Berlin?",
            (
                "6:25: freeze[1].zone: '../../etc/passwd' is not a valid time zone; write its IANA name, like "
                "Europe/Berlin"
            ),
        ],
    ),
    "names that are not zones": (
        "".join(f"- {{why: x, days: [fri], zone: {zone}}}\n" for zone, _ in NOT_ZONES),
        [
            f"{line}:25: freeze[{line - 5}].zone: '{zone}' is not a valid time zone; {remedy}"
            for line, (zone, remedy) in enumerate(NOT_ZONES, start=5)
        ],
    ),
    "invalid dates and times": (
        "- {why: x, since: 2026-13-01, until: Christmas}",
        [
            (
                "5:12: freeze[0].since: 2026-13-01 is not a valid date or date and time; write it like "
                "2026-12-24, 2026-12-24T18:00 or 2026-12-20T00:00Z"
            ),
            (
                "5:31: freeze[0].until: 'Christmas' is not a valid date or date and time; write it like "
                "2026-12-24, 2026-12-24T18:00 or 2027-01-03T00:00Z"
            ),
        ],
    ),
}


@pytest.mark.parametrize(("window", "lines"), WRONG.values(), ids=WRONG)
def test_an_invalid_window_is_reported(
    folder: Path, find_problems: Callable[[Path], list[str]], window: str, lines: list[str]
) -> None:
    """Each invalid window gives its line, with place, key and remedy."""
    (folder / "churn.yaml").write_text(HEAD + window)
    assert find_problems(folder) == [f"policies/churn.yaml:{line}" for line in lines]


GAPS = {
    "a minute each day": "- {why: x, days: [mon, tue, wed, thu, fri, sat, sun], from: '06:01', to: '06:00'}",
    "the hours between two zones": (
        "- {why: x, days: [mon, tue, wed, thu]}\n- {why: y, days: [fri, sat, sun], zone: Asia/Tokyo}\n"
        '- {why: z, days: [thu], from: "14:00", to: "02:00"}'
    ),
    "half an hour, in summer only": (
        "- {why: x, days: [mon, tue, wed, thu, fri], zone: Europe/Berlin}\n"
        "- {why: y, days: [sat, sun]}\n"
        '- {why: z, days: [fri], from: "22:30", to: "01:00"}'
    ),
}


@pytest.mark.parametrize("windows", GAPS.values(), ids=GAPS)
def test_windows_may_overlap_as_long_as_they_leave_time(folder: Path, windows: str) -> None:
    """However many windows there are and however they overlap, a gap at some time of the year is enough."""
    (folder / "churn.yaml").write_text(HEAD + windows)
    assert read_policies(folder).valid().policies


MEANT = [
    ('{why: x, days: [fri], from: 18:00, to: "08:00", zone: Europe/Berlin}', "2026-11-20T17:00Z", True),
    ('{why: x, days: [fri], from: 18:00, to: "08:00", zone: Europe/Berlin}', "2026-11-20T16:59Z", False),
    ('{why: x, days: [fri], from: 18:00, to: "08:00", zone: Europe/Berlin}', "2026-11-21T06:59Z", True),
    ("{why: x, days: [sat, sun]}", "2026-11-22T23:59Z", True),
    ("{why: x, days: [sat, sun]}", "2026-11-23T00:00Z", False),
    ('{why: x, days: [fri], from: "16:00"}', "2026-11-20T23:59Z", True),
    ('{why: x, days: [fri], from: "16:00"}', "2026-11-21T00:00Z", False),
    ("{why: x, since: 2026-12-20, until: 2026-12-27, zone: Asia/Tokyo}", "2026-12-19T15:00Z", True),
    ("{why: x, since: 2026-12-20, until: 2026-12-27, zone: Asia/Tokyo}", "2026-12-26T15:00Z", False),
]


@pytest.mark.parametrize(("window", "moment", "holds"), MEANT)
def test_a_window_applies_in_the_core_as_written(folder: Path, window: str, moment: str, *, holds: bool) -> None:
    """Times are local to the zone; an omitted time is midnight."""
    (folder / "churn.yaml").write_text(f"{HEAD}- {window}\n")
    now = datetime.fromisoformat(moment).astimezone(UTC)
    assert (frozen(read_policies(folder).valid().policies[0], now) == "x") is holds


FOR_EVER = [
    "{why: x, since: 2026-12-20, until: 9999-12-31T23:59, zone: America/New_York}",
    "{why: x, since: 2026-12-20, until: 9999-12-31T23:59-05:00}",
    "{why: x, since: 0001-01-01, until: 9999-12-31, zone: Europe/Berlin}",
    "{why: x, since: 0001-01-01T00:00+02:00, until: 9999-12-31}",
]


@pytest.mark.parametrize("window", FOR_EVER)
def test_a_window_may_last_for_ever(folder: Path, window: str) -> None:
    """The last evening of the calendar in New York is out of range in UTC. The window still applies and is stored."""
    (folder / "churn.yaml").write_text(f"{HEAD}- {window}\n")
    policy = read_policies(folder).valid().policies[0]
    assert frozen(policy, datetime(2026, 12, 21, tzinfo=UTC)) == "x"
    assert frozen(policy, datetime(9999, 12, 30, tzinfo=UTC)) == "x"
    assert decode(encode(policy), Policy) == policy
