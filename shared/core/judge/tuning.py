"""All of the judge's tuning parameters. Changed only together with the benchmark; frozen on each rollout's record.

`REFERENCE` is the published tuning that the vectors in `tests/core/judge_vectors.json` were computed with. `TUNED` is
what ships: it spends more of the error budget that the reference leaves unused (see docs/benchmark.md for the figures).
Nothing learned from a rollout is kept here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from shared.core.judge.odds import Null

MINOR, SEVERE = Null(1.1, 0.0001), Null(3.0, 0.2)


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the judge bets.

    bets, shares: of the minor lane. severe_bets: of the severe lane, with equal shares. severe_share: the severe lane's
    share. minor, severe: what green may do. first_minute, after_change, any_minute: the part of the unspent budget that
    is newly bet. calm_phi: burstiness below which blue counts as calm, so that `calm_minutes` bad minutes are enough.
    block: minutes per block, if blue is not calm. cap, bursty_cap: the most nats that these minutes can win together,
    for a calm blue and otherwise. suspicion: odds of harm above which nothing advances. certificate_bets: fixed bets,
    or none to choose them by blue's rate. pairs: the weight of blue's past against the pairs seen since, in expected
    units of variance (0: the past alone).
    """

    bets: tuple[float, ...]
    shares: tuple[float, ...]
    severe_bets: tuple[float, ...] = (1.5, 2.5, 6.0, 30.0, 1000.0)
    severe_share: float = 0.5
    minor: Null = MINOR
    severe: Null = SEVERE
    first_minute: float = 0.5
    after_change: float = 0.25
    any_minute: float = 0.01
    calm_phi: float = 1.0
    calm_minutes: int = 3
    block: int = 1
    cap: float = 8.3
    bursty_cap: float = 8.3
    suspicion: float = 3.0
    certificate_bets: tuple[float, ...] = ()
    certificate_shares: tuple[float, ...] = ()
    pairs: float = 0.0

    def bad_minutes(self, phi: float, *, known: bool = True) -> int:
        """Return k: how many bad minutes the minor lane needs before it can roll back.

        known: whether the past behind phi was long enough to show that blue is calm.
        """
        if known and phi < self.calm_phi:
            return self.calm_minutes
        return min(BAD_MINUTES_LIMIT, math.ceil(3.0 * math.sqrt(phi) - 0.2))

    def cap_of(self, phi: float, *, known: bool = True) -> float:
        """Return the most nats that one minute can win in the minor lane; `known` as for `bad_minutes`."""
        calm = known and phi < self.calm_phi
        return (self.cap if calm else self.bursty_cap) / self.bad_minutes(phi, known=known)

    @property
    def log_suspicion(self) -> float:
        """The natural logarithm of the odds above which nothing advances."""
        return math.log(self.suspicion)


BAD_MINUTES_LIMIT = 12
REFERENCE = Tuning(
    bets=(1.5, 2.5, 6.0, 30.0, 1000.0),
    shares=(0.2, 0.2, 0.2, 0.2, 0.2),
    certificate_bets=(0.02, 0.1, 0.25, 0.45, 0.65, 0.8, 0.9),
    certificate_shares=(0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1),
)
TUNED = Tuning(
    bets=(1.4, 2.0, 3.5, 8.0, 40.0),
    shares=(0.15, 0.25, 0.25, 0.2, 0.15),
    severe_share=0.1,
    minor=Null(1.05, 0.00003),
    first_minute=0.75,
    calm_phi=1.3,
    calm_minutes=2,
    block=5,
    bursty_cap=6.6,
    suspicion=2.0,
    certificate_shares=(0.15, 0.25, 0.35, 0.25),
    pairs=5.0,
)
