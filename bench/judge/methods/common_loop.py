"""The loop people paste: every five minutes look at green's error rate, roll back over 1 %, else take the next step.

No baseline, no sample size; a window without requests passes. Reaching 100 per cent ends it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.judge.minute import ROLL_BACK, Minute, Move, Status

STEPS = (10, 25, 50, 75, 100)


@dataclass(slots=True)
class CommonLoop:
    """threshold: error rate of green over the last `interval` minutes that rolls back."""

    threshold: float = 0.01
    interval: int = 5
    step: int = 0
    elapsed: int = 0
    bad: int = field(default=0)
    total: int = field(default=0)

    @property
    def first_weight(self) -> int:
        """The first step's share."""
        return STEPS[0]

    def observe(self, minute: Minute | None) -> Move:
        """Gather five minutes, then decide."""
        self.elapsed += 1
        if minute is not None:
            self.bad += minute.green_bad
            self.total += minute.green_total
        if self.elapsed % self.interval:
            return Move(STEPS[self.step])
        rate = self.bad / self.total if self.total else 0.0
        self.bad = self.total = 0
        if rate > self.threshold:
            return ROLL_BACK
        self.step += 1
        return Move(STEPS[self.step], Status.PROMOTED if STEPS[self.step] == 100 else Status.RUNNING)
