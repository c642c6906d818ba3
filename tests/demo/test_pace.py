"""The demo reports when a busy machine slows its clock down, and when it recovers."""

from __future__ import annotations

import io

from rich.console import Console

from cli.demo.pace import Pace
from cli.demo.screen import WIDTH, Screen


def news(*speeds: float) -> list[str]:
    """Return the messages when the clock runs for five seconds at each speed, read twice a second."""
    pace, wall, virtual, messages = Pace(40.0), 0.0, 0.0, list[str | None]()
    for speed in speeds:
        for _ in range(10):
            messages.append(pace.note(wall, virtual))
            wall, virtual = wall + 0.5, virtual + 0.5 * speed
    return [each for each in messages if each]


def test_nothing_is_reported_at_full_speed() -> None:
    """A brief slowdown is not reported either."""
    assert news(40, 40, 40, 40) == []
    assert news(40, 40, 20, 40, 40, 40) == []


def test_a_slowed_clock_is_announced_once_and_so_is_its_recovery() -> None:
    """The message has the speed at that moment; later changes are not reported."""
    slowed, recovered = news(40, 40, 12, 12, 12, 5, 5, 12, 12, 40, 40, 40)
    assert slowed.startswith("this machine is busy: running at ")
    assert recovered.endswith("x again")


def test_the_speed_is_that_of_the_last_seconds() -> None:
    """Earlier readings do not count."""
    pace = Pace(40.0)
    assert pace.speed == 40.0
    for second in range(30):
        pace.note(second, 40.0 * min(second, 10) + 12.0 * max(0, second - 10))
    assert pace.speed == 12.0


def test_the_screen_shows_a_slow_clock() -> None:
    """It is shown as a line, and in the panel."""
    text = io.StringIO()
    screen = Screen(Console(file=text, width=WIDTH), 40.0)
    for second in range(15):
        screen.note_time(second, 12.0 * second)
    screen.console.print(screen)
    assert "this machine is busy: running at 12x" in text.getvalue()
    assert "time running at 12x" in text.getvalue()
