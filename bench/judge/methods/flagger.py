"""Flagger's canary analysis, from `pkg/controller/scheduler.go` and `scheduler_metrics.go` of v1.44.

One tick per minute. A failed check freezes the weight. Failures add up over the whole run and are never reset, and a
missing value is a failure. Tick 1 sets the first weight without a check, so it corresponds to constructing the judge.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.judge.minute import ROLL_BACK, Minute, Move, Status


@dataclass(slots=True)
class Flagger:
    """success_rate: the minimum share of good answers per minute. threshold: the failed checks that roll back.

    duration: the maximum 99th percentile of latency in milliseconds; None if the metric is not checked.
    """

    success_rate: float = 0.99
    threshold: int = 5
    duration: float | None = None
    step_weight: int = 10
    max_weight: int = 50
    failed_checks: int = 0
    weight: int = 0
    promoting: bool = False

    def __post_init__(self) -> None:
        self.weight = self.weight or self.step_weight

    @property
    def first_weight(self) -> int:
        """The weight that tick 1 sets."""
        return self.weight

    def observe(self, minute: Minute | None) -> Move:
        """Run one tick, from the second on."""
        if self.promoting:
            return Move(100, Status.PROMOTED)
        if self.failed_checks >= self.threshold:
            return ROLL_BACK
        if not self._passes(minute):
            self.failed_checks += 1
        elif self.weight >= self.max_weight:
            self.promoting = True
        else:
            self.weight += self.step_weight
        return Move(self.weight)

    def _passes(self, minute: Minute | None) -> bool:
        rate = minute.green_rate if minute is not None else None
        if minute is None or rate is None or 1.0 - rate < self.success_rate:
            return False
        if self.duration is None:
            return True
        slowest, _ = minute.percentile(99)
        return slowest is not None and slowest <= self.duration
