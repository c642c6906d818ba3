"""Faults of Azure Monitor on request. There are none by default; they may change while the emulator runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["none", "partial", "failure", "throttled"]


@dataclass(slots=True)
class QueryFaults:
    """The fault of the next `remaining` queries (None: until changed), and a delay in wall-clock seconds for each.

    `partial` returns half of the rows and an error (for metrics: no series, and an errorCode that says why). `failure`
    answers with a 500, `throttled` with a 429 and `retry_after` in seconds.
    """

    mode: Mode = "none"
    remaining: int | None = None
    delay_seconds: float = 0.0
    retry_after: int = 5

    def next(self) -> Mode:
        """Return the fault that affects this query, and count it."""
        if self.mode == "none" or self.remaining is None:
            return self.mode
        if self.remaining <= 0:
            return "none"
        self.remaining -= 1
        return self.mode
