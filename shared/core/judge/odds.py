"""One minute's betting odds for one gate: the judge's only formula. Nothing is estimated or remembered here.

The null hypothesis says `g <= rho * b + delta`, where g and b are the mean failure probabilities of green and blue in
that minute; b may drift freely from minute to minute. A bet above 1 wins when green fails more often than the null
allows (harm); a bet below 1 wins when it fails less often (no harm). For independent requests the expected winnings
under the null are at most 1 (`E(1+a)^X <= exp(a E X)`), so evidence multiplies over minutes, however often it is read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests in one minute or several: how many green and blue answered, and how many of those were bad."""

    green_bad: int = 0
    green_total: int = 0
    blue_bad: int = 0
    blue_total: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.green_bad <= self.green_total and 0 <= self.blue_bad <= self.blue_total):
            raise ValueError(f"counts must satisfy 0 <= bad <= total, but are {self}")

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.green_bad + other.green_bad,
            self.green_total + other.green_total,
            self.blue_bad + other.blue_bad,
            self.blue_total + other.blue_total,
        )

    @property
    def green_rate(self) -> float | None:
        """Green's share of bad answers, or None without requests."""
        return self.green_bad / self.green_total if self.green_total else None

    @property
    def blue_rate(self) -> float | None:
        """Blue's share of bad answers, or None without requests."""
        return self.blue_bad / self.blue_total if self.blue_total else None


@dataclass(frozen=True, slots=True)
class Null:
    """What green may do and still count as no worse: `rho` times blue's rate plus `delta` (a probability)."""

    rho: float
    delta: float

    def __post_init__(self) -> None:
        if self.rho < 0 or self.delta < 0:
            raise ValueError(f"a null needs rho >= 0 and delta >= 0, but is {self}")


def log_e(counts: Counts, bet: float, null: Null) -> float:
    """Return the natural logarithm of one minute's e-value for a bet (> 0) against a null.

    0.0 if there is nothing to learn: no requests on green, or a relative null and no blue to compare with. With `rho =
    0` it is an absolute test that needs no blue.
    """
    if bet <= 0:
        raise ValueError(f"a bet must be above 0, but is {bet}")
    return log_es(counts, (bet,), null)[0]


def log_es(counts: Counts, bets: tuple[float, ...], null: Null, *, swapped: bool = False) -> list[float]:
    """Return `log_e` for each of several bets, all above 0; common terms are computed once.

    swapped: whether to exchange the roles of blue and green.
    """
    green_bad, green_total, blue_bad, blue_total = (
        (counts.blue_bad, counts.blue_total, counts.green_bad, counts.green_total)
        if swapped
        else (counts.green_bad, counts.green_total, counts.blue_bad, counts.blue_total)
    )
    allowed = null.rho * green_total
    theta = allowed / (allowed + blue_total) if allowed else 0.0
    bad = green_bad + blue_bad
    granted = green_total * null.delta * (1.0 - theta)
    if not bad:
        return [-granted * more / (1.0 + theta * more) for more, _ in _terms(bets)]
    log = math.log
    return [
        green_bad * log_bet - bad * log(1.0 + theta * more) - granted * more / (1.0 + theta * more)
        for more, log_bet in _terms(bets)
    ]


@lru_cache(maxsize=256)
def _terms(bets: tuple[float, ...]) -> tuple[tuple[float, float], ...]:
    return tuple((bet - 1.0, math.log(bet)) for bet in bets)


def log_add(one: float, other: float) -> float:
    """Return log(exp(one) + exp(other)) without overflow."""
    low, high = (one, other) if one < other else (other, one)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))


def log_sum(terms: Sequence[float]) -> float:
    """Return log(sum(exp(terms))) without overflow; -inf for nothing."""
    top = max(terms) if terms else -math.inf
    if top == -math.inf:
        return -math.inf
    # A list, because simulations spend most of their time here.
    return top + math.log(sum([math.exp(term - top) for term in terms]))
