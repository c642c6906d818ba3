"""The oracle: Wald's sequential probability ratio test, given the true rates of both deployments minute by minute.

It is not available in practice: it bounds what any judge could achieve with the same counts and risk. It stays at 10 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.judge.minute import ROLL_BACK, Minute, Move


@dataclass(slots=True)
class Oracle:
    """blue, green: true failure probabilities in each minute of the rollout. threshold: log odds that roll back."""

    blue: Sequence[float]
    green: Sequence[float]
    threshold: float = math.log(100.0)
    evidence: float = 0.0

    @property
    def first_weight(self) -> int:
        """The only weight."""
        return 10

    def observe(self, minute: Minute | None) -> Move:
        """Add the minute's log likelihood ratio."""
        if minute is not None:
            blue, green = (min(max(p, 1e-9), 1.0 - 1e-9) for p in (self.blue[minute.number], self.green[minute.number]))
            good = minute.green_total - minute.green_bad
            self.evidence += minute.green_bad * math.log(green / blue) + good * math.log((1.0 - green) / (1.0 - blue))
        return ROLL_BACK if self.evidence >= self.threshold else Move(10)
