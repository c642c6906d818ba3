"""What every judge sees and says: a minute of counts in, a share of the traffic and a status out.

It must never tell a judge the truth about green: only the oracle is given that, and by its constructor.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared.core.observation import DeploymentMinute


class Status(StrEnum):
    """Where a rollout stands. HELD waits for a person, with green still serving its share."""

    RUNNING = "running"
    HELD = "held"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute's answers.

    number: minutes since green's first traffic. weight: green's share then, in per cent. rows: green's and blue's as
    telemetry gives them, in worlds where more than failures is known.
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
        """Green's share of failed requests; None without requests."""
        return self.green_bad / self.green_total if self.green_total else None

    def percentile(self, percent: int) -> tuple[float | None, float | None]:
        """Return green's and blue's milliseconds at this per cent, each None where telemetry has none."""
        if self.rows is None:
            return None, None
        green, blue = ((row.percentiles or {}).get(percent) for row in self.rows)
        return green, blue


@dataclass(frozen=True, slots=True)
class Move:
    """What a judge wants after a minute: green's share in per cent from the next minute on, and the status."""

    weight: int
    status: Status = Status.RUNNING


ROLL_BACK = Move(0, Status.ROLLED_BACK)


class Judge(Protocol):
    """One rollout under one method's care. Each object judges one rollout, from its first minute with traffic."""

    @property
    def first_weight(self) -> int:
        """Green's share in the first minute, in per cent."""
        ...

    def observe(self, minute: Minute | None) -> Move:
        """Take in what became known in the last minute (None: telemetry gave nothing) and say what follows."""
        ...
