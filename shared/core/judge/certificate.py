"""Evidence that the next step is within the harm budget: begun afresh at each step. It must never cause a rollback."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shared.core.judge.odds import Counts, Null, log_es, log_sum

BETS = (0.02, 0.1, 0.25, 0.45, 0.65, 0.8, 0.9)
SHARES = (0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)
LOG_SHARES = tuple(math.log(share) for share in SHARES)
RATIO = 0.25


@dataclass(frozen=True, slots=True)
class Certificate:
    """One step's certificate: the log wealth of each bet, and how many settled minutes with traffic went in."""

    wealth: tuple[float, ...] = (0.0,) * len(BETS)
    minutes: int = 0

    @property
    def log_odds(self) -> float:
        """Natural logarithm of the odds against `the next step exceeds the budget`; the line is log(1 / beta)."""
        return log_sum([w + share for w, share in zip(self.wealth, LOG_SHARES, strict=True)])


def null_for(next_weight: int, budget: float, ratio: float = RATIO) -> Null:
    """Return the null `after the step, all traffic together fails more than (1 + ratio) x blue + budget`.

    `next_weight` is green's share after the step in per cent (1 to 100); `budget` is D, a probability over all traffic.
    """
    share = next_weight / 100.0
    return Null(rho=1.0 + ratio / share, delta=budget / share)


def add_minute(certificate: Certificate, counts: Counts, null: Null, temper: float) -> Certificate:
    """Return the certificate after one more settled minute at the step's share; `temper` (>= 1) discounts bursts."""
    won = log_es(counts, BETS, null)
    return Certificate(
        wealth=tuple([old + gain / temper for old, gain in zip(certificate.wealth, won, strict=True)]),
        minutes=certificate.minutes + (counts.green_total > 0),
    )
