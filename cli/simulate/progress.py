"""A progress display for whoever waits longer than two seconds. It must never change what is counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")
PATIENCE_SECONDS = 2.0


def watched(
    items: Iterable[T], count: int, console: Console, clock: Callable[[], float] = time.monotonic
) -> Iterator[T]:
    """Yield the items; once it has taken two seconds, show on the console how many of `count` are done."""
    began = clock()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, transient=True)
    task = progress.add_task("simulating rollouts", total=count)
    shown = False
    try:
        for item in items:
            yield item
            progress.advance(task)
            if not shown and clock() - began > PATIENCE_SECONDS:
                progress.start()
                shown = True
    finally:
        if shown:
            progress.stop()
