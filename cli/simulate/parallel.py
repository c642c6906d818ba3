"""Trials on several cores. Each has random numbers of its own, so the courses are the same on any number of cores."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from multiprocessing import get_context

from cli.simulate.course import Course
from cli.simulate.trial import Scene, trial, trials

CHUNK = 20
WORTHWHILE = 300  # rollouts; fewer are done before another process has started


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def courses(scene: Scene, count: int, seed: int, jobs: int) -> Iterator[Course]:
    """Yield how so many rollouts go, in their order, on so many cores."""
    if jobs < 2 or count < WORTHWHILE:
        return trials(scene, count, seed)
    return _on_several(scene, count, seed, jobs)


def _on_several(scene: Scene, count: int, seed: int, jobs: int) -> Iterator[Course]:
    # Processes are started afresh: a copy of this one would share its threads' locks.
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_left_to_the_parent)
    try:
        numbers = (range(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK))
        yield from chain.from_iterable(pool.map(partial(_some, scene, seed), numbers))
    finally:
        pool.shutdown(cancel_futures=True)


def _some(scene: Scene, seed: int, numbers: range) -> list[Course]:
    return [trial(scene, seed, number) for number in numbers]


def _left_to_the_parent() -> None:
    """Leave Ctrl-C to the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
