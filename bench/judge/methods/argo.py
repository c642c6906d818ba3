"""Argo Rollouts: a background AnalysisRun during the steps of a canary, from `analysis/analysis.go` and
`utils/evaluate/evaluate.go`.

A minute without requests gives NaN, for which no condition holds; a failed query is a measurement error.
"""  # noqa: D205 -- the sentence names two files

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from bench.judge.methods.schedule import on_schedule
from bench.judge.minute import ROLL_BACK, Minute, Move, Status

STEPS = (5, 10, 25, 50, 100)
PAUSE_MINUTES = 5
Measurement = Literal["success", "failure", "inconclusive", "error"]


class Phase(IntEnum):
    """Phases of a run, worst last."""

    SUCCESSFUL = 0
    RUNNING = 1
    PENDING = 2
    INCONCLUSIVE = 3
    ERROR = 4
    FAILED = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """A metric's limits; -1 disables failure and inconclusive limits. count 0 measures until the rollout ends."""

    failure: int = 0
    inconclusive: int = 0
    consecutive_errors: int = 4
    consecutive_successes: int = 0
    count: int = 0


@dataclass(slots=True)
class AnalysisRun:
    """The counters of one metric, and the phase they result in."""

    limits: Limits = field(default_factory=Limits)
    counted: int = 0
    failures: int = 0
    inconclusive: int = 0
    consecutive_errors: int = 0
    consecutive_successes: int = 0

    def measure(self, measurement: Measurement) -> Phase:
        """Return the phase after one more measurement. Errors do not count as measurements."""
        self.counted += measurement != "error"
        self.failures += measurement == "failure"
        self.inconclusive += measurement == "inconclusive"
        self.consecutive_errors = self.consecutive_errors + 1 if measurement == "error" else 0
        self.consecutive_successes = self.consecutive_successes + 1 if measurement == "success" else 0
        return self._phase()

    def _phase(self) -> Phase:
        limits = self.limits
        if self.consecutive_errors > limits.consecutive_errors:
            return Phase.ERROR
        if 0 <= limits.inconclusive < self.inconclusive:
            return Phase.INCONCLUSIVE
        if 0 <= limits.failure < self.failures:
            return Phase.FAILED
        if limits.consecutive_successes and self.consecutive_successes >= limits.consecutive_successes:
            return Phase.SUCCESSFUL
        if limits.count and self.counted >= limits.count:
            return self._at_the_end()
        return Phase.RUNNING

    def _at_the_end(self) -> Phase:
        if not self.limits.consecutive_successes:
            return Phase.SUCCESSFUL
        return Phase.INCONCLUSIVE if self.limits.failure >= 0 else Phase.FAILED


@dataclass(slots=True)
class Argo:
    """success: the minimum success rate. failure: a measurement below this fails; between the two it is inconclusive.

    Without `failure`, anything below `success` fails. An inconclusive run pauses for an operator; here there is none.
    """

    success: float = 0.99
    failure: float | None = None
    run: AnalysisRun = field(default_factory=lambda: AnalysisRun(Limits(failure=3)))
    elapsed: int = 0
    held: bool = False

    @property
    def first_weight(self) -> int:
        """The first step's weight."""
        return STEPS[0]

    def observe(self, minute: Minute | None) -> Move:
        """Measure the minute, then check whether the step's pause is over."""
        weight = STEPS[self.elapsed // PAUSE_MINUTES]
        if self.held:
            return Move(weight, Status.HELD)
        phase = self.run.measure(self._measured(minute))
        if phase in {Phase.FAILED, Phase.ERROR}:
            return ROLL_BACK
        if phase is Phase.INCONCLUSIVE:
            self.held = True
            return Move(weight, Status.HELD)
        self.elapsed += 1
        return on_schedule(self.elapsed, PAUSE_MINUTES, STEPS)

    def _measured(self, minute: Minute | None) -> Measurement:
        if minute is None:
            return "error"
        rate = minute.green_rate
        result = math.nan if rate is None else 1.0 - rate
        if result >= self.success:
            return "success"
        if self.failure is None:
            return "failure"
        return "failure" if result < self.failure else "inconclusive"
