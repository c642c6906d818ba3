"""Misbehaviour of Azure Monitor that a test or a user can ask for. Off unless asked; settable while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["none", "partial", "failure", "throttled"]


@dataclass(slots=True)
class QueryFaults:
    """What befalls the next `remaining` queries (None: until changed), and how many wall seconds each takes longer.

    `partial` gives half of the rows and an error (metrics: no series, and why in their errorCode), `failure` answers
    500, `throttled` 429 with `retry_after` seconds.
    """

    mode: Mode = "none"
    remaining: int | None = None
    delay_seconds: float = 0.0
    retry_after: int = 5

    def next(self) -> Mode:
        """Return what befalls this query, and count it."""
        if self.mode == "none" or self.remaining is None:
            return self.mode
        if self.remaining <= 0:
            return "none"
        self.remaining -= 1
        return self.mode
