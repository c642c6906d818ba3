"""Evidence that green does harm, accumulated over the whole rollout and never reset. Independent of certificates.

A gate has many small bets (its *processes*), each of whose wealth grows by what it wins in a minute. Part of a shared
budget is newly bet every minute, most of it at the start and after a change of traffic, so that harm that begins late
is found as well as harm from the start.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from shared.core.judge.odds import log_add, log_sum
from shared.core.judge.tuning import Tuning

DIGITS = 9  # of each wealth: more would only lengthen the record


@dataclass(frozen=True, slots=True)
class Harm:
    """The harm process of one gate: the log wealth of each bet, and the budget that has not been bet yet.

    The wealth is empty before the first minute (its logarithm would be minus infinity, which JSON cannot represent).
    """

    wealth: tuple[float, ...] = ()
    unspent: float = 1.0

    def log_odds(self, log_shares: Sequence[float]) -> float:
        """Return the natural logarithm of the odds against `green is no worse`, given the log share of each bet."""
        unspent = math.log(self.unspent) if self.unspent > 0 else -math.inf
        if not self.wealth:
            return unspent
        return log_sum([*[own + share for own, share in zip(self.wealth, log_shares, strict=True)], unspent])


def add_minute(harm: Harm, gains: Sequence[float], tuning: Tuning, *, changed: bool) -> Harm:
    """Return the harm process after one more minute. gains: what each bet won (natural logarithms).

    changed: whether the traffic share changed just before this minute, when new harm is most likely to begin.
    """
    fraction = tuning.first_minute if not harm.wealth else tuning.after_change if changed else tuning.any_minute
    stake = fraction * harm.unspent
    log_stake = math.log(stake) if stake > 0 else -math.inf
    if not harm.wealth:
        grown = [round(gain + log_stake, DIGITS) for gain in gains]
    else:
        grown = [round(gain + log_add(own, log_stake), DIGITS) for gain, own in zip(gains, harm.wealth, strict=True)]
    return Harm(tuple(grown), harm.unspent - stake)
