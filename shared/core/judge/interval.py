"""Confidence intervals for a rate that remain valid however often they are looked at.

For any true rates g_1, g_2, ... and independent requests, exp(sum(x_t) ln k - sum(n_t g_t) (k - 1)) is a bet whose
expected wealth never exceeds 1 (`E (1+a)^X <= exp(a E X)`), for each k > 0. Mixed over k by a Gamma(SHAPE, SHAPE)
distribution it has a closed form, and the mean rates m / n for which it stays below 1 / miss contain the true mean rate
so far at all times together, except with probability `miss`. Only the two sums are needed. Not for verdicts: the
judge's own bets are sharper.
"""

from __future__ import annotations

import math
from typing import NamedTuple

SHAPE = 1.0
MISS = 0.05
STEPS = 40
NEAR = 1e-6


class Interval(NamedTuple):
    """Both ends of a rate (probabilities), low first."""

    low: float
    high: float


def interval(bad: int, total: int, miss: float = MISS) -> Interval | None:
    """Return the interval of the mean rate behind `bad` of `total`; None without requests."""
    if not total:
        return None
    const = SHAPE * math.log(SHAPE) + math.lgamma(SHAPE + bad) - math.lgamma(SHAPE) + math.log(miss)
    at_zero = const - (SHAPE + bad) * math.log(SHAPE)  # the log wealth against a true rate of zero
    # With x = m + SHAPE and b = bad + SHAPE, the wealth is `x - b - b ln(x / b) - depth`, where the first three terms
    # are at least (x - b)^2 / (2 b) below b and (x - b)^2 / (2 x) above it: so both starts are outside the interval.
    b = bad + SHAPE
    depth = b * math.log(b) - bad - const
    low = _root(bad, const, max(bad - math.sqrt(2.0 * b * depth), 0.0)) if at_zero > 0 else 0.0
    high = _root(bad, const, bad + depth + math.sqrt(depth * (depth + 2.0 * b)))
    return Interval(min(low / total, 1.0), min(high / total, 1.0))


def _root(bad: int, const: float, start: float) -> float:
    """Return where the log wealth for m expected events crosses log(1 / miss), by Newton from outside the interval.

    The function is convex in m with its minimum at m = bad, so each step stays on its side.
    """
    at = start
    for _ in range(STEPS):
        value = at - (SHAPE + bad) * math.log(at + SHAPE) + const
        slope = (at - bad) / (at + SHAPE)
        step = value / slope
        at -= step
        if abs(step) <= NEAR * max(at, NEAR):
            break
    return max(at, 0.0)
