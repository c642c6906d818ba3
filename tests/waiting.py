"""Waiting in tests, with a time limit that even a busy machine does not reach."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from emulator.clock import SHORTEST_WAIT, VirtualClock

PATIENCE_SECONDS = 300.0


def until(condition: Callable[[], object], patience: float = PATIENCE_SECONDS) -> None:
    """Return as soon as `condition()` is true. Raises TimeoutError after `patience` wall seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the condition never became true")
        time.sleep(0.02)


def sleep_until(clock: VirtualClock, moment: datetime) -> None:
    """Sleep until the clock reaches `moment`, even if its speed changes."""
    while (left := (moment - clock.now()).total_seconds()) > 0:
        time.sleep(max(SHORTEST_WAIT, clock.real_seconds(left)))
