"""Evidence that green does harm: gathered over the whole rollout and never reset. It must never look at a certificate.

Two lanes share one restart budget: the *minor* lane wins on any excess over its null but is capped per minute, so that
several bad minutes are needed; the *severe* lane has no cap, so that a broken model goes after one minute.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from shared.core.judge.odds import Counts, Null, log_add, log_es, log_sum

BETS = (1.5, 2.5, 6.0, 30.0, 1000.0)
MINOR = Null(rho=1.1, delta=0.0001)
SEVERE = Null(rho=3.0, delta=0.2)
# ln 200 (threshold) + ln 2 (lanes) + ln 5 (bets) + ln 2 (restart): as many nats as a verdict can need.
CAP_NATS = 8.3
FIRST_MINUTE, AFTER_CHANGE, ANY_MINUTE = 0.5, 0.25, 0.01
LOG_BET_SHARE = -math.log(len(BETS))

Wealth = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Harm:
    """The harm process of one gate: the log wealth of each bet in both lanes, and the budget not yet bet.

    The wealth is empty before the first minute (its logarithm would be minus infinity, which JSON cannot say).
    """

    minor: Wealth = ()
    severe: Wealth = ()
    unspent: float = 1.0

    @property
    def log_odds(self) -> float:
        """Natural logarithm of the odds against `green is no worse`; the rollback line is log(1 / alpha)."""
        unspent = self._log_unspent
        minor, severe = (
            log_sum([*[wealth + LOG_BET_SHARE for wealth in lane], unspent]) for lane in (self.minor, self.severe)
        )
        return log_add(minor, severe) - math.log(2.0)

    @property
    def _log_unspent(self) -> float:
        return math.log(self.unspent) if self.unspent > 0 else -math.inf


@dataclass(frozen=True, slots=True)
class HarmNulls:
    """The two nulls of the harm process. Relative to blue while blue has traffic, absolute after that."""

    minor: Null = MINOR
    severe: Null = SEVERE


def add_minute(harm: Harm, counts: Counts, nulls: HarmNulls, bad_minutes: int, *, changed: bool) -> Harm:
    """Return the harm process after one more minute.

    `bad_minutes` is k: so many minutes at the cap can reach the verdict. `changed` says that the traffic share changed
    just before this minute, when new harm is likeliest to begin and more of the unspent budget is bet.
    """
    fraction = FIRST_MINUTE if not harm.minor else AFTER_CHANGE if changed else ANY_MINUTE
    stake = fraction * harm.unspent
    return Harm(
        minor=_grow(harm.minor, counts, nulls.minor, stake, CAP_NATS / bad_minutes),
        severe=_grow(harm.severe, counts, nulls.severe, stake, math.inf),
        unspent=harm.unspent - stake,
    )


def _grow(wealth: Wealth, counts: Counts, null: Null, stake: float, cap: float) -> Wealth:
    log_stake = math.log(stake) if stake > 0 else -math.inf
    before = wealth or (-math.inf,) * len(BETS)
    won = log_es(counts, BETS, null)
    return tuple([min(gain, cap) + log_add(old, log_stake) for old, gain in zip(before, won, strict=True)])
