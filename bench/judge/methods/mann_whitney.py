"""Kayenta's Mann-Whitney location shift: confidence interval and estimate by root finding, as in R's `wilcox.test`.

From `kayenta-mannwhitney` (`MannWhitney.scala`, `BrentSolver.java`). What a shift means is decided in `kayenta.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-4
Series = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shift:
    """How far the experiment is above the control: an interval and the Hodges-Lehmann estimate."""

    lower: float
    upper: float
    estimate: float


def shift(experiment: Series, control: Series, confidence: float = 0.98) -> Shift:
    """Return the shift of the experiment against the control. Neither may be empty, and not all values may be equal."""
    low, high = float(experiment.min() - control.max()), float(experiment.max() - control.min())
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)

    def root(quantile: float) -> float:
        return _root(lambda mu: _statistic(mu, experiment, control) - quantile, low, high)

    return Shift(lower=root(z), upper=root(-z), estimate=root(0.0))


def _statistic(mu: float, experiment: Series, control: Series) -> float:
    """Return the standardised rank sum of the experiment moved down by mu, with continuity correction."""
    moved = experiment - mu
    n, m = len(moved), len(control)
    pooled = np.sort(np.concatenate([moved, control]))
    ranks = (np.searchsorted(pooled, moved, "left") + np.searchsorted(pooled, moved, "right") + 1) / 2.0
    distance = float(ranks.sum()) - n * (n + 1) / 2.0 - n * m / 2.0
    ties = np.diff(np.flatnonzero(np.concatenate([[True], pooled[1:] != pooled[:-1], [True]]))).astype(float)
    spread = (n + m + 1) - float((ties**3 - ties).sum()) / ((n + m) * (n + m - 1))
    sigma = math.sqrt(n * m / 12.0 * spread)
    return (distance - 0.5 * float(np.sign(distance))) / sigma if sigma > 0 else 0.0


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a decreasing function crosses zero (Brent's method), or the end of the range nearest to it."""
    at_low, at_high = function(low), function(high)
    if at_low <= 0:
        return low
    if at_high >= 0:
        return high
    return _brent(function, (low, at_low), (high, at_high))


def _brent(function: Callable[[float], float], first: tuple[float, float], last: tuple[float, float]) -> float:
    (a, fa), (b, fb) = first, last
    c, fc = a, fa
    while True:
        before = b - a
        if abs(fc) < abs(fb):
            (a, fa), (b, fb), (c, fc) = (b, fb), (c, fc), (b, fb)
        least = 2.0 * float(np.finfo(float).eps) * abs(b) + TOLERANCE / 2.0
        step = (c - b) / 2.0
        if abs(step) <= least or fb == 0:
            return b
        if abs(before) >= least and abs(fa) > abs(fb):
            p, q = _interpolated((a, fa), (b, fb), (c, fc))
            if p < min(0.75 * (c - b) * q - abs(least * q) / 2.0, abs(before * q / 2.0)):
                step = p / q
        a, fa = b, fb
        b += step if abs(step) >= least else math.copysign(least, step)
        fb = function(b)
        if fb * fc > 0:
            c, fc = a, fa


def _interpolated(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> tuple[float, float]:
    """Return p >= 0 and q of the step p / q from b: by the secant if two points coincide, else inverse quadratic."""
    if a[0] == c[0]:
        ratio = b[1] / a[1]
        p, q = (c[0] - b[0]) * ratio, 1.0 - ratio
    else:
        r, s, t = a[1] / c[1], b[1] / c[1], b[1] / a[1]
        p = t * ((c[0] - b[0]) * r * (r - s) - (b[0] - a[0]) * (s - 1.0))
        q = (r - 1.0) * (s - 1.0) * (t - 1.0)
    return (p, -q) if p > 0 else (-p, q)
