"""SageMaker's deployment guardrails: traffic shifts by the clock, and a CloudWatch alarm on green rolls all of it back.

From the guardrails' developer guide: the alarm evaluates one-minute averages, and missing data is not breaching. Canary
is one small step, linear is equal steps; both are watched after 100 percent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.judge.methods.alarm import Alarm
from bench.judge.minute import ROLL_BACK, Minute, Move, Status


@dataclass(slots=True)
class SageMaker:
    """weights: the steps. bake: minutes at each. watch: minutes at 100 (the termination wait; None: same as bake)."""

    weights: tuple[int, ...] = (10, 100)
    bake: int = 10
    watch: int | None = None
    alarm: Alarm = field(default_factory=Alarm)
    elapsed: int = 0

    @property
    def first_weight(self) -> int:
        """The first step's weight."""
        return self.weights[0]

    def observe(self, minute: Minute | None) -> Move:
        """Check the alarm, then the clock."""
        if self.alarm.add(minute.green_rate if minute is not None else None):
            return ROLL_BACK
        self.elapsed += 1
        step = self.elapsed // self.bake
        longer = 0 if self.watch is None else self.watch - self.bake
        if self.elapsed >= self.bake * len(self.weights) + longer:
            return Move(100, Status.PROMOTED)
        return Move(self.weights[min(step, len(self.weights) - 1)])


def canary(threshold: float = 0.01, watch: int = 10) -> SageMaker:
    """Return 10 % for ten minutes, then 100 % for `watch`; two minutes of three over the threshold roll back."""
    return SageMaker(watch=watch, alarm=Alarm(threshold))


def linear(threshold: float = 0.01) -> SageMaker:
    """Return 20 % more every five minutes; three minutes in a row over the threshold roll back."""
    return SageMaker((20, 40, 60, 80, 100), bake=5, alarm=Alarm(threshold, breaching=3, periods=3))
