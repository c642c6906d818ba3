"""Evidence that the next step is within the harm budget, restarted at each step. It never causes a rollback."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from shared.core.judge.odds import Null, log_sum
from shared.core.judge.tuning import Tuning

RATIO = 0.25
# Bets chosen by blue's rate: these powers of the bet that grows fastest when green is as good as blue, and one that
# wins most when there are no bad answers at all.
CLEANEST_BET = 0.02
POWERS = (0.6, 1.0, 1.7)
LEAST_BET, MOST_BET = 0.002, 0.97
# Rates are rounded to steps of about 25 %, so that bets need not be searched for every minute.
LEAST_RATE, STEPS_A_DECADE = 1e-7, 10
GRID = tuple(1.0 / (1.0 + math.exp(5.5 - 9.5 * i / 59.0)) for i in range(60))


@dataclass(frozen=True, slots=True)
class Certificate:
    """One step's certificate: the log wealth of each bet, and how many settled minutes with traffic it contains."""

    wealth: tuple[float, ...] = ()
    minutes: int = 0

    def log_odds(self, shares: Sequence[float]) -> float:
        """Return the natural logarithm of the odds against `the next step exceeds the budget`."""
        if not self.wealth:
            return 0.0
        return log_sum([own + math.log(share) for own, share in zip(self.wealth, shares, strict=True)])


def null_for(next_weight: int, budget: float, ratio: float = RATIO) -> Null:
    """Return the null `after the step, the bad share of all traffic exceeds (1 + ratio) x blue + budget`.

    `next_weight` is green's share after the step in percent (1 to 100); `budget` is D, a probability over all traffic.
    """
    share = next_weight / 100.0
    return Null(rho=1.0 + ratio / share, delta=budget / share)


def bets_for(tuning: Tuning, rate: float, weight: int, null: Null) -> tuple[float, ...]:
    """Return the bets for a minute: fixed ones, or those that suit blue's rate and green's share (mirror: negative).

    The rate must be known before the minute is seen; the certificate is then valid whatever the bets are.
    """
    if tuning.certificate_bets:
        return tuning.certificate_bets
    return _suited(10.0 ** (round(math.log10(max(rate, LEAST_RATE)) * STEPS_A_DECADE) / STEPS_A_DECADE), weight, null)


@lru_cache(maxsize=1024)
def _suited(rate: float, weight: int, null: Null) -> tuple[float, ...]:
    green = abs(weight) / 100.0
    blue = 1.0 - green if weight > 0 else 1.0
    best = max(GRID, key=lambda bet: _growth(bet, rate, green, blue, null))
    return (CLEANEST_BET, *[min(max(best**power, LEAST_BET), MOST_BET) for power in POWERS])


def add_minute(certificate: Certificate, gains: Sequence[float], temper: float) -> Certificate:
    """Return the certificate after one more settled minute. gains: what each bet won; `temper` divides it."""
    before = certificate.wealth or (0.0,) * len(gains)
    wealth = tuple([own + gain / temper for own, gain in zip(before, gains, strict=True)])
    return Certificate(wealth, certificate.minutes)


def _growth(bet: float, rate: float, green: float, blue: float, null: Null) -> float:
    """Return what a bet wins per request to the endpoint, on average, when green is as bad as blue."""
    theta = null.rho * green / (null.rho * green + blue)
    divisor = 1.0 + theta * (bet - 1.0)
    granted = green * null.delta * (bet - 1.0) * (1.0 - theta) / divisor
    return green * rate * math.log(bet) - (green + blue) * rate * math.log(divisor) - granted
