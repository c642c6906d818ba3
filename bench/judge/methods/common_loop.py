"""The loop people paste: every five minutes look at green's error rate, roll back over 1 %, else take the next step.

No baseline, no sample size; a window without requests passes. Reaching 100 per cent ends it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.judge.minute import ROLL_BACK, Minute, Move, Status

STEPS = (10, 25, 50, 75, 100)


@dataclass(slots=True)
class CommonLoop:
    """threshold: error rate of green over the last `interval` minutes that rolls back.

    slower_than: how many times blue's 95th percentile, on average over these minutes, green's may be (None: not asked).
    """

    threshold: float = 0.01
    interval: int = 5
    slower_than: float | None = None
    step: int = 0
    elapsed: int = 0
    bad: int = field(default=0)
    total: int = field(default=0)
    times: list[tuple[float, float]] = field(default_factory=list)

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
            green, blue = minute.percentile(95)
            if green is not None and blue is not None:
                self.times.append((green, blue))
        if self.elapsed % self.interval:
            return Move(STEPS[self.step])
        rate = self.bad / self.total if self.total else 0.0
        if rate > self.threshold or self._slow():
            return ROLL_BACK
        self.bad = self.total = 0
        self.times.clear()
        self.step += 1
        return Move(STEPS[self.step], Status.PROMOTED if STEPS[self.step] == 100 else Status.RUNNING)

    def _slow(self) -> bool:
        if self.slower_than is None or not self.times:
            return False
        return sum(green for green, _ in self.times) > self.slower_than * sum(blue for _, blue in self.times)
