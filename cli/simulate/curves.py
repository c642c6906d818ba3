"""A number that may change over time: constant, a daily curve, or one value per minute. Deterministic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Protocol

MINUTE = timedelta(minutes=1)
DAY_SECONDS = 86400.0


class Curve(Protocol):
    """A value for each minute. began: when the rollout began."""

    def at(self, moment: datetime, began: datetime) -> float:
        """Return the value at `moment`."""
        ...


def series(curve: Curve, moments: Sequence[datetime], began: datetime) -> list[float]:
    """Return the value at each moment."""
    if isinstance(curve, Constant):
        return [curve.value] * len(moments)
    return [curve.at(moment, began) for moment in moments]


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same value."""

    value: float

    def at(self, moment: datetime, began: datetime) -> float:
        """Return the value."""
        del moment, began
        return self.value


@dataclass(frozen=True, slots=True)
class Day:
    """A cosine over the day: `high` at `peak` (UTC), `low` twelve hours from it."""

    low: float
    high: float
    peak: time

    def at(self, moment: datetime, began: datetime) -> float:
        """Return the value at this time of day."""
        del began
        seconds = (moment.hour - self.peak.hour) * 3600.0 + (moment.minute - self.peak.minute) * 60.0 + moment.second
        return self.low + (self.high - self.low) * (1.0 + math.cos(2.0 * math.pi * seconds / DAY_SECONDS)) / 2.0


@dataclass(frozen=True, slots=True)
class Minutes:
    """One value per minute from the start of the rollout, repeated forever, also before the start."""

    values: tuple[float, ...]

    def at(self, moment: datetime, began: datetime) -> float:
        """Return the value of this minute."""
        return self.values[math.floor((moment - began) / MINUTE) % len(self.values)]
