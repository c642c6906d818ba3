"""A gate's settings for one rollout, frozen before green's first request."""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.judge.measure import Measure


@dataclass(frozen=True, slots=True)
class GateSetting:
    """A gate's settings for one rollout.

    share: its part of the rollback risk; 0 if it cannot roll back. critical: whether the next step needs its
    certificate. phi: burstiness of blue's past from minute to minute. lasting: the same from block to block. known:
    whether that past was long enough to tell. rate: blue's bad share in the past, as the certificate counts it. rates:
    the same for each item of the measures (empty: unknown). usual_at_most: the highest rate that green, alone with all
    traffic, is compared with, however bad blue was in an incident. budget: D, the harm that the certificate allows over
    all traffic, a probability (None: there is no certificate). margin: for a certificate from percentiles. heard: how
    many outcomes per request blue reported in the past (0: it counts nothing that deployments report). mirrored:
    whether it counts pairs of answers, which there are only during a mirror. settle: how many steady minutes are
    skipped after a traffic change, along with all unsteady ones.
    """

    name: str = "errors"
    share: float = 1.0
    critical: bool = True
    phi: float = 1.0
    lasting: float = 1.0
    known: bool = True
    rate: float = 0.0
    rates: tuple[float, ...] = ()
    usual_at_most: float = 1.0
    budget: float | None = 0.01
    margin: float | None = None
    heard: float = 0.0
    mirrored: bool = False
    settle: int = 0
    measures: tuple[Measure, ...] = (Measure(),)

    @property
    def burstiness(self) -> float:
        """The larger of the two, which decides how many bad minutes are needed."""
        return max(self.phi, self.lasting)
