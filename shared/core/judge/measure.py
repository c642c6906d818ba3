"""How a gate's items are bet on: which bets, against which nulls, and each one's part of the gate's harm budget.

Stateless: one minute's item in, the bets' winnings out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from shared.core.judge import ladder
from shared.core.judge.certificate import RATIO
from shared.core.judge.ladder import Percentiles
from shared.core.judge.odds import Counts, Null, log_es
from shared.core.judge.tuning import Tuning

Item = Counts | Percentiles
FEW_BETS = (1.4, 3.0)


@dataclass(frozen=True, slots=True)
class Measure:
    """How some of a gate's items are bet on, all in the same way.

    items: their number per minute. share: their part of the gate's harm budget, all together. null: what green may do
    (None: as tuned). severe: whether there is a severe lane. bets: of the minor lane, in equal parts (None: as tuned).
    rarer: whether harm is a rate below blue's; then the null says what blue may do. margin: for percentiles, the factor
    by which green's may be higher (None: the items are counts).
    """

    items: int = 1
    share: float = 1.0
    null: Null | None = None
    severe: bool = True
    bets: tuple[float, ...] | None = None
    rarer: bool = False
    margin: float | None = None

    def __post_init__(self) -> None:
        if self.rarer and self.severe:
            raise ValueError("a measure of rarer outcomes has no severe lane: blue cannot be rolled back")


class Allowance(NamedTuple):
    """What green may do. usual: blue's rate, if it has no traffic now (None: it has some).

    budget: D, a probability, or None.
    """

    usual: float | None
    budget: float | None


def gains(measure: Measure, item: Item, allowance: Allowance, tuning: Tuning) -> list[float]:
    """Return what each bet of the measure wins on an item (natural logarithms), in the order of `log_shares`."""
    if isinstance(item, Percentiles):
        return ladder.gains(item, measure.margin or 1.0)
    minor, severe = _nulls(measure, allowance, tuning)
    won = log_es(item, measure.bets or tuning.bets, minor, swapped=measure.rarer)
    if measure.severe:
        won += log_es(item, tuning.severe_bets, severe)
    return won


def capped(measure: Measure, won: list[float], cap: float, tuning: Tuning) -> list[float]:
    """Return what an item's bets may win in one minute: those of the minor lane at most `cap` nats."""
    if measure.margin is not None:
        return won
    minor = len(measure.bets or tuning.bets)
    return [min(cap, gain) for gain in won[:minor]] + won[minor:]


@lru_cache(maxsize=256)
def log_shares(measures: tuple[Measure, ...], tuning: Tuning) -> tuple[float, ...]:
    """Return the log share of each process, in the order of `gains`; they add up to 1."""
    shares: list[float] = []
    for measure in measures:
        each = measure.share / measure.items
        shares += [each * share for share in _item_lanes(measure, tuning)] * measure.items
    return tuple(math.log(share) for share in shares)


@lru_cache(maxsize=256)
def item_slices(measures: tuple[Measure, ...], tuning: Tuning) -> tuple[slice, ...]:
    """Return the slice of processes for each item of the measures."""
    found: list[slice] = []
    for measure in measures:
        size = len(_item_lanes(measure, tuning))
        for _ in range(measure.items):
            start = found[-1].stop if found else 0
            found.append(slice(start, start + size))
    return tuple(found)


def _item_lanes(measure: Measure, tuning: Tuning) -> tuple[float, ...]:
    """Return the shares of one item's processes, which add up to 1."""
    if measure.margin is not None:
        return (1.0 / ladder.COUNT,) * ladder.COUNT
    return _lanes(measure, tuning)


def _nulls(measure: Measure, allowance: Allowance, tuning: Tuning) -> tuple[Null, Null]:
    """Return what green may do, relative to blue or, if green has all traffic, to blue's usual rate."""
    minor, usual = measure.null or tuning.minor, allowance.usual
    if usual is None or minor.rho == 0.0:
        return minor, tuning.severe
    ratio = max(minor.rho, 1.0 + RATIO)
    return (
        Null(rho=0.0, delta=ratio * usual + max(minor.delta, allowance.budget or 0.0)),
        Null(rho=0.0, delta=severe_limit(usual, tuning)),
    )


def severe_limit(usual: float, tuning: Tuning, handles: float = 0.5) -> float:
    """Return the share above which green is far worse than a blue with this share.

    It is the severe lane's limit, lowered if necessary so that green must handle at least the part `handles` of what
    blue handles. Otherwise three times a third would excuse a green that handles nothing.
    """
    return min(1.0 - handles * (1.0 - usual), tuning.severe.rho * usual + tuning.severe.delta)


def _lanes(measure: Measure, tuning: Tuning) -> tuple[float, ...]:
    minor = (1.0 / len(measure.bets),) * len(measure.bets) if measure.bets else tuning.shares
    if not measure.severe:
        return minor
    severe = tuning.severe_share / len(tuning.severe_bets)
    return (*[(1.0 - tuning.severe_share) * share for share in minor], *[severe] * len(tuning.severe_bets))
