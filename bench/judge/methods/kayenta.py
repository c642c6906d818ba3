"""Kayenta's NetflixACAJudge-v1.0 and the loop around it, reimplemented from `NetflixACAJudge.scala`.

One metric: the error rate (or another) minute by minute, direction `increase`, missing points removed. Each judgement
covers all minutes since the start, and takes the next step or ends the canary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.judge.methods.mann_whitney import shift
from bench.judge.methods.schedule import STEPS, on_schedule
from bench.judge.minute import ROLL_BACK, Minute, Move

Series = NDArray[np.float64]
CONFIDENCE, DEAD_ZONE = 0.98, 0.25
MARGINAL_SCORE = 75.0
Pair = tuple[float | None, float | None]
Metric = Callable[[Minute], Pair]


class Label(StrEnum):
    """The judge's classification of one metric."""

    PASS = "Pass"  # noqa: S105 -- a label, not a password
    HIGH = "High"
    LOW = "Low"
    NODATA = "Nodata"


def classify(
    experiment: Series,
    control: Series,
    direction: Literal["increase", "decrease", "either"] = "either",
    confidence: float = CONFIDENCE,
) -> Label:
    """Return the label of one metric, with the effect sizes at their defaults (which allow everything)."""
    if not len(experiment) or not len(control):
        return Label.NODATA
    if np.array_equal(np.sort(experiment), np.sort(control)) or len(np.unique([*experiment, *control])) == 1:
        return Label.PASS
    if len(set(experiment)) == len(set(control)) == 1:
        experiment, control = _with_noise(experiment), _with_noise(control)
    found = shift(experiment, control, confidence)
    zone = DEAD_ZONE * abs(found.estimate)
    if direction != "decrease" and found.lower > zone:
        return Label.HIGH
    if direction != "increase" and found.upper < -zone:
        return Label.LOW
    return Label.PASS


def score(label: Label) -> float:
    """Return the canary's score if this is its only metric. Nodata scores 0 as well."""
    return 100.0 if label is Label.PASS else 0.0


def _with_noise(constant: Series) -> Series:
    rng = np.random.default_rng(0)
    return constant + rng.normal(0.0, np.abs(constant) * 1e-5)


def error_rates(minute: Minute) -> Pair:
    """Return green's and blue's share of failed requests; None without requests."""
    return minute.green_rate, minute.blue_rate


def slow_answers(minute: Minute) -> Pair:
    """Return the 95th percentile of green's and blue's latency in milliseconds."""
    return minute.percentile(95)


@dataclass(slots=True)
class Kayenta:
    """confidence: of the interval of the shift. interval: minutes between judgements, each over all minutes so far.

    metric: extracts the pair of values to compare from a minute.
    """

    confidence: float = CONFIDENCE
    interval: int = 10
    metric: Metric = error_rates
    elapsed: int = 0
    green: list[float] = field(default_factory=list)
    blue: list[float] = field(default_factory=list)

    @property
    def first_weight(self) -> int:
        """The first step's weight."""
        return STEPS[0]

    def observe(self, minute: Minute | None) -> Move:
        """Add the minute's values; judge at the end of an interval."""
        self.elapsed += 1
        green, blue = self.metric(minute) if minute is not None else (None, None)
        self.green += [] if green is None else [green]
        self.blue += [] if blue is None else [blue]
        if self.elapsed % self.interval == 0:
            label = classify(np.array(self.green), np.array(self.blue), "increase", self.confidence)
            if score(label) <= MARGINAL_SCORE:
                return ROLL_BACK
        return on_schedule(self.elapsed, self.interval)
