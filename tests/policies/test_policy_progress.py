"""The progress display of the policy commands."""

from __future__ import annotations

import io
import sys
from itertools import count

import pytest
from rich.console import Console

from cli.policy.progress import progress


@pytest.mark.parametrize(("seconds", "shown"), [(0.1, False), (1.0, True)])
def test_progress_is_shown_after_two_seconds(seconds: float, *, shown: bool) -> None:
    """Ten rollouts that take a second each get a display; ten quick ones do not."""
    screen = io.StringIO()
    clock = (number * seconds for number in count())
    with progress(10, Console(file=screen, force_terminal=True), lambda: next(clock)) as step:
        for _ in range(10):
            step()
    assert ("simulating" in screen.getvalue()) == shown


def test_a_log_gets_no_progress_display() -> None:
    """Only a terminal shows it."""
    screen = io.StringIO()
    clock = count()
    with progress(10, Console(file=screen, force_terminal=False), lambda: float(next(clock))) as step:
        for _ in range(10):
            step()
    assert screen.getvalue() == ""


def test_results_stay_on_standard_output_while_progress_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """In a terminal with standard output redirected to a file: the file gets the results, the terminal the display."""
    screen, clock = io.StringIO(), count()
    with progress(10, Console(file=screen, force_terminal=True), lambda: 3.0 * next(clock)) as step:
        step()
        sys.stdout.write("valid, 3 steps\n")
    assert "simulating" in screen.getvalue()
    assert capsys.readouterr().out == "valid, 3 steps\n"
