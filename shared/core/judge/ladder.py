"""Betting on percentiles, for sources that only have P50 and P95 of each minute's latency.

Each minute is a few coin tosses: did green's percentile exceed a given multiple of blue's? For an acceptable green,
each has at most a known probability (a modelling assumption, unlike the exact bound for counts; see docs/judge.md), and
a bet on a higher probability wins when it happens more often. Percentiles of several minutes are never combined.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# A factor above the margin, and the highest probability that an acceptable green exceeds it by chance.
RUNGS = ((1.0, 0.5), (1.25, 0.25), (1.6, 0.1))
BOLDNESS = (0.4, 0.75, 0.97)
BETS = tuple((rung, chance, chance + (1.0 - chance) * bold) for rung, chance in RUNGS for bold in BOLDNESS)
COUNT = 2 * len(BETS)
# An acceptable green exceeds the certificate's margin in less than half of the minutes; these bets are on far fewer.
OVER_HALF = 0.5
CERTIFICATE_BETS = (0.1, 0.25)
LEAST_REQUESTS = 20


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Green's and blue's P50 and P95 in one minute, in milliseconds."""

    green_50: float
    blue_50: float
    green_95: float
    blue_95: float


def gains(found: Percentiles, margin: float) -> list[float]:
    """Return what each of the 18 bets wins in this minute (natural logarithms); margin: an acceptable factor."""
    won = []
    for green, blue in ((found.green_50, found.blue_50), (found.green_95, found.blue_95)):
        for rung, chance, bet in BETS:
            over = green > margin * rung * blue
            won.append(math.log(bet / chance) if over else math.log((1.0 - bet) / (1.0 - chance)))
    return won


def certificate_gains(found: Percentiles, margin: float) -> list[float]:
    """Return what the certificate's bets win, which are that green's P95 rarely exceeds `margin` times blue's."""
    over = found.green_95 > margin * found.blue_95
    return [
        math.log(bet / OVER_HALF) if over else math.log((1.0 - bet) / (1.0 - OVER_HALF)) for bet in CERTIFICATE_BETS
    ]
