"""A progress display that appears after two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PATIENCE_SECONDS = 2.0


@contextmanager
def progress(count: int, console: Console, clock: Callable[[], float] = time.monotonic) -> Iterator[Callable[[], None]]:
    """Yield a function to call after each of `count` rollouts; after two seconds, a terminal shows the progress."""
    began = clock()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # rich prints what goes to standard output above the display. A file or pipe must get that directly.
    display = Progress(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty())
    task = display.add_task("simulating rollouts", total=count)

    def step() -> None:
        display.advance(task)
        if console.is_terminal and not display.live.is_started and clock() - began > PATIENCE_SECONDS:
            display.start()

    try:
        yield step
    finally:
        if display.live.is_started:
            display.stop()
