"""What green does to blue's failure probability, and what traffic does, minute by minute. It must never draw anything.

An effect takes the minutes since green's first traffic (negative: the past) and blue's probabilities.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.judge.bursts import Series

Effect = Callable[[Series, Series], Series]
Traffic = Callable[[Series], Series]


def same(_minutes: Series, blue: Series) -> Series:
    """Green fails as blue does."""
    return blue


def times(factor: float) -> Effect:
    """Green fails so many times as often."""
    return lambda _minutes, blue: np.clip(blue * factor, 0.0, 1.0)


def plus(points: float) -> Effect:
    """Green fails so much more often (a probability)."""
    return lambda _minutes, blue: np.minimum(blue + points, 1.0)


def broken(_minutes: Series, blue: Series) -> Series:
    """Green fails every request."""
    return np.ones_like(blue)


def from_minute(begin: int, effect: Effect) -> Effect:
    """Green is as good as blue until this minute of the rollout."""
    return lambda minutes, blue: np.where(minutes >= begin, effect(minutes, blue), blue)


def until_minute(end: int, effect: Effect) -> Effect:
    """Green has a bad start and is as good as blue from this minute on."""
    return lambda minutes, blue: np.where(minutes < end, effect(minutes, blue), blue)


def leak(points_an_hour: float) -> Effect:
    """Green fails more and more often."""
    return lambda minutes, blue: np.minimum(blue + points_an_hour * np.maximum(minutes, 0.0) / 60.0, 1.0)


def constant(minutes: Series) -> Series:
    """Traffic stays as it is."""
    return np.ones_like(minutes)


def falls_at_night(minutes: Series) -> Series:
    """Traffic falls to a fiftieth within an hour, from minute 10 on, and stays there."""
    fallen: Series = np.clip((minutes - 10.0) / 60.0, 0.0, 1.0)
    return np.power(0.02, fallen)
