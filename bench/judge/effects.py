"""How green changes blue's failure probability, and how traffic changes, minute by minute. Deterministic.

An effect takes the minutes since green's first traffic (negative before it) and blue's failure probabilities.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.judge.bursts import Series

Effect = Callable[[Series, Series], Series]
Traffic = Callable[[Series], Series]


def same(_minutes: Series, blue: Series) -> Series:
    """Green fails exactly as often as blue."""
    return blue


def times(factor: float) -> Effect:
    """Green fails this many times as often as blue."""
    return lambda _minutes, blue: np.clip(blue * factor, 0.0, 1.0)


def plus(points: float) -> Effect:
    """Green's failure probability is higher by this much (0 to 1)."""
    return lambda _minutes, blue: np.minimum(blue + points, 1.0)


def broken(_minutes: Series, blue: Series) -> Series:
    """Green fails every request."""
    return np.ones_like(blue)


def from_minute(begin: int, effect: Effect) -> Effect:
    """Green is as good as blue before this minute of the rollout; the effect applies from then on."""
    return lambda minutes, blue: np.where(minutes >= begin, effect(minutes, blue), blue)


def until_minute(end: int, effect: Effect) -> Effect:
    """Green is as good as blue from this minute of the rollout on; the effect applies before it."""
    return lambda minutes, blue: np.where(minutes < end, effect(minutes, blue), blue)


def leak(points_an_hour: float) -> Effect:
    """Green's failure probability rises steadily by this much per hour."""
    return lambda minutes, blue: np.minimum(blue + points_an_hour * np.maximum(minutes, 0.0) / 60.0, 1.0)


def constant(minutes: Series) -> Series:
    """Traffic does not change."""
    return np.ones_like(minutes)


def falls_at_night(minutes: Series) -> Series:
    """Traffic falls to a fiftieth over an hour, starting at minute 10, and stays there."""
    fallen: Series = np.clip((minutes - 10.0) / 60.0, 0.0, 1.0)
    return np.power(0.02, fallen)
