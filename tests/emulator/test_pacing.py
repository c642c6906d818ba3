"""How a fast clock adapts to the work, step by step, with wall time as an argument."""

from __future__ import annotations

from itertools import pairwise

import pytest

from emulator.pacing import AHEAD, ON_TIME, POINTS, SLOWEST, Course, next_speed

START = Course(60.0, ((1000.0, 5000.0),))


@pytest.mark.parametrize(
    ("wall", "virtual"),
    [(990.0, 5000.0), (1000.0, 5000.0), (1000.1, 5006.0), (1000.2, 5012.0), (1000.3, 5013.0), (2000.0, 5014.0)],
)
def test_time_is_linear_between_points_and_stands_still_outside(wall: float, virtual: float) -> None:
    """Sixty times wall time at first, then ten times, and no further than the last point."""
    course = Course(60.0, ((1000.0, 5000.0), (1000.2, 5012.0), (1000.4, 5014.0)))
    assert course.virtual(wall) == pytest.approx(virtual)


def test_a_course_is_extended_ahead_of_now_and_never_changed() -> None:
    """Published points stay unchanged, whatever the current speed."""
    fast = START.extended(1000.0, 60.0)
    slow = fast.extended(1000.05, 1.0)
    assert fast.points[-1] == pytest.approx((1000.0 + AHEAD, 5012.0))
    assert slow.points[: len(fast.points)] == fast.points
    assert slow.points[-1] == pytest.approx((1000.05 + AHEAD, 5012.05))


def test_time_stands_still_while_the_owner_is_delayed() -> None:
    """After a pause of ten seconds the clock continues where its course ended, without catching up."""
    late = START.extended(1000.0, 60.0).extended(1010.0, 60.0)
    assert late.virtual(1010.0) == pytest.approx(5012.0)
    assert late.virtual(1010.1) == pytest.approx(5018.0)


def test_time_never_runs_backwards() -> None:
    """Successive versions of the course agree wherever both define the time."""
    courses = [START]
    for step, speed in enumerate([60, 60, 30, 1, 1, 12, 60, 60, 40, 2] * 5):
        courses.append(courses[-1].extended(1000.0 + 0.05 * step, float(speed)))
    for before, after in pairwise(courses):
        moments = [moment / 100 for moment in range(99_000, 101_000, 7)]
        known = [moment for moment in moments if after.points[0][0] <= moment <= before.points[-1][0]]
        assert [before.virtual(moment) for moment in known] == [after.virtual(moment) for moment in known]
        times = [after.virtual(moment) for moment in moments]
        assert times == sorted(times)


def test_a_course_stays_short() -> None:
    """The clock's file does not grow over time."""
    course = START
    for step in range(200):
        course = course.extended(1000.0 + 0.05 * step, 60.0)
    assert len(course.points) == POINTS


def test_a_course_survives_a_round_trip() -> None:
    """Parsing a written course restores it to the microsecond."""
    course = Course(60.0, ((1763622000.123456, 1763622000.123456), (1763622000.323456, 1763622012.123456)))
    assert Course.parse(course.text()) == course


@pytest.mark.parametrize("text", ["", "60\n", "60\n1 2 3\n", "60\nnow then\n", "fast\n1 2\n"])
def test_an_invalid_course_is_refused(text: str) -> None:
    """Malformed text raises ValueError; nothing is guessed."""
    with pytest.raises(ValueError, match=r"."):
        Course.parse(text)


@pytest.mark.parametrize(
    ("full", "speed", "late", "expected"),
    [
        pytest.param(60.0, 60.0, 0.0, "same", id="work on time leaves the clock at full speed"),
        pytest.param(60.0, 60.0, ON_TIME, "same", id="a little late is on time"),
        pytest.param(60.0, 60.0, ON_TIME + 1, "slower", id="late work slows it down"),
        pytest.param(60.0, 20.0, ON_TIME + 1, "slower", id="and slower still"),
        pytest.param(60.0, 20.0, 0.0, "faster", id="it recovers when the work is done"),
        pytest.param(60.0, SLOWEST, 1e6, "same", id="it never runs slower than wall time"),
        pytest.param(1.0, 1.0, 1e6, "same", id="a clock at wall speed stays there"),
        pytest.param(0.5, 0.5, 1e6, "same", id="and a slower one is never made faster"),
    ],
)
def test_the_speed_follows_the_work(full: float, speed: float, late: float, expected: str) -> None:
    """The speed depends on the lateness of the oldest unfinished work, in virtual seconds."""
    after = next_speed(full, speed, late)
    assert after <= full
    assert {"same": after == speed, "slower": after < speed, "faster": after > speed}[expected]


def test_the_speed_settles_at_what_the_machine_can_sustain() -> None:
    """Work that is due after 60 virtual seconds but takes 3 wall seconds ends at most two virtual minutes late."""
    course, speed, wall, due = START.extended(1000.0, 60.0), 60.0, 1000.0, 5000.0
    done_at, lateness = wall + 3.0, list[float]()
    while len(lateness) < 50:
        wall += 0.05
        now = course.virtual(wall)
        if wall >= done_at and now >= due:
            lateness.append(now - due)
            due += 60.0
            done_at = wall + 3.0
        speed = next_speed(60.0, speed, now - due)
        course = course.extended(wall, speed)
    assert max(lateness) < 60.0
    assert 10 < (course.virtual(wall) - 5000.0) / (wall - 1000.0) <= 20
