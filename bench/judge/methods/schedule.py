"""The steps that most baselines share, and how to take them by the clock."""

from __future__ import annotations

from collections.abc import Sequence

from bench.judge.minute import Move, Status

STEPS = (10, 25, 50, 75, 100)


def on_schedule(elapsed: int, interval: int, steps: Sequence[int] = STEPS) -> Move:
    """Return the move after this many minutes, with `interval` minutes per step. Reaching 100 percent promotes."""
    weight = steps[elapsed // interval]
    return Move(weight, Status.PROMOTED if weight == 100 else Status.RUNNING)
