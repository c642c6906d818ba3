"""Trials on several cores. Each trial has its own random numbers, so results do not depend on the number of cores."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from multiprocessing import get_context

from cli.simulate.result import RunResult
from cli.simulate.trial import Scenario, trial, trials

CHUNK = 20
WORTHWHILE = 300  # rollouts; fewer finish before another process has started


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def results(scenario: Scenario, count: int, seed: int, jobs: int) -> Iterator[RunResult]:
    """Yield the results of this many trials, in their order, computed on `jobs` cores."""
    if jobs < 2 or count < WORTHWHILE:
        return trials(scenario, count, seed)
    return _on_several(scenario, count, seed, jobs)


def _on_several(scenario: Scenario, count: int, seed: int, jobs: int) -> Iterator[RunResult]:
    # Spawned, not forked: a fork would copy locks that this process's threads hold.
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_leave_interrupts_to_the_parent)
    try:
        numbers = (range(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK))
        yield from chain.from_iterable(pool.map(partial(_chunk, scenario, seed), numbers))
    finally:
        pool.shutdown(cancel_futures=True)


def _chunk(scenario: Scenario, seed: int, numbers: range) -> list[RunResult]:
    return [trial(scenario, seed, number) for number in numbers]


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
