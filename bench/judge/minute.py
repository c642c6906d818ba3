"""A judge's input and output in the benchmark: one minute of counts in, green's weight and a status out.

The truth about green is not part of a minute: only the oracle gets it, through its constructor.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared.core.observation import DeploymentMinute


class Status(StrEnum):
    """The state of a rollout. HELD waits for an operator, with green still serving its share."""

    RUNNING = "running"
    HELD = "held"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"


@dataclass(frozen=True, slots=True)
class Minute:
    """The requests of one minute.

    number: minutes since green's first traffic. weight: green's share of the traffic in that minute, in percent.
    rows: green's and blue's telemetry rows, in worlds with more telemetry than failures.
    """

    number: int
    weight: int
    green_bad: int = 0
    green_total: int = 0
    blue_bad: int = 0
    blue_total: int = 0
    rows: tuple[DeploymentMinute, DeploymentMinute] | None = None

    @property
    def green_rate(self) -> float | None:
        """Green's share of failed requests (0 to 1); None without requests."""
        return self.green_bad / self.green_total if self.green_total else None

    @property
    def blue_rate(self) -> float | None:
        """Blue's share of failed requests (0 to 1); None without requests."""
        return self.blue_bad / self.blue_total if self.blue_total else None

    def percentile(self, percent: int) -> tuple[float | None, float | None]:
        """Return this percentile of green's and blue's latency in milliseconds; None if telemetry has none."""
        if self.rows is None:
            return None, None
        green, blue = ((row.percentiles or {}).get(percent) for row in self.rows)
        return green, blue


@dataclass(frozen=True, slots=True)
class Move:
    """A judge's response to a minute: green's weight in percent from the next minute on, and the rollout's status."""

    weight: int
    status: Status = Status.RUNNING


ROLL_BACK = Move(0, Status.ROLLED_BACK)


class Judge(Protocol):
    """One method in charge of one rollout, from the first minute of traffic on green."""

    @property
    def first_weight(self) -> int:
        """Green's weight in the first minute, in percent."""
        ...

    def observe(self, minute: Minute | None) -> Move:
        """Process the newly available minute (None: no telemetry) and return the next move."""
        ...
