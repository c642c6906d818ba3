"""Worlds with more telemetry than failures: latency, client errors, predictions, disagreement with blue.

An `AnswersWorld` is a handful of numbers, like a `FailureWorld`. Its minutes carry telemetry rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from bench.judge.bursts import Series
from bench.judge.effects import Effect, same
from bench.judge.latencies import Latency, bucket_counts, histogram, percentiles
from bench.judge.minute import Minute
from bench.judge.worlds import START, wander
from shared.core.gates import DISAGREEMENT
from shared.core.observation import DeploymentMinute, Tally

FINE_HISTORY_MINUTES = 60
CLASSES = ("a", "b", "c", "d")
SHARES = (0.4, 0.3, 0.2, 0.1)
OWN_MEMORY = 0.8


@dataclass(frozen=True, slots=True)
class AnswersWorld:
    """The true conditions of a simulation.

    rate, base, effect, minutes, lag, gap: as in `FailureWorld`. refused, green_refused: shares of client errors (4xx)
    from blue and from green. latency: None if unknown. shift: the share of green's predictions that are of
    the rarest class instead of the most frequent one (None: predictions unknown). disagreement: the share of
    mirrored requests that green answers differently (None: nothing is mirrored; otherwise green gets only mirrored
    requests, and its weight is the percentage mirrored).
    """

    rate: float
    base: float = 0.001
    effect: Effect = same
    refused: float = 0.0
    green_refused: float = 0.0
    latency: Latency | None = None
    shift: float | None = None
    disagreement: float | None = None
    minutes: int = 60
    lag: int = 0
    gap: range = range(0)

    def draw(self, seed: int) -> AnswersHistory:
        """Return one history: an hour of blue alone, then the rollout."""
        rng = np.random.default_rng(seed)
        length = FINE_HISTORY_MINUTES + self.minutes
        blue = np.full(length, self.base)
        green = self.effect(np.arange(-FINE_HISTORY_MINUTES, self.minutes, dtype=np.float64), blue)
        latency = self.latency or Latency(shared=0.0)
        shared = np.log(wander(rng, length, latency.shared))
        slower = shared + math.log(latency.factor)
        own = [np.log(wander(rng, length, latency.own, OWN_MEMORY)) for _ in range(2)]
        moved = np.array(SHARES) + (self.shift or 0.0) * np.array([-1.0, 0.0, 0.0, 1.0])
        return AnswersHistory(
            world=self,
            rng=rng,
            total=rng.poisson(self.rate, length),
            blue=_Deployment("blue", blue, self.refused, shared + own[0], 0.0, np.array(SHARES)),
            green=_Deployment("green", green, self.green_refused, slower + own[1], latency.stragglers, moved),
        )


@dataclass(frozen=True, slots=True)
class _Deployment:
    """One deployment: its failure probability and shift of log latency in each minute, and its constants."""

    name: str
    failing: Series
    refused: float
    shifts: Series
    stragglers: float
    shares: Series


@dataclass(slots=True)
class AnswersHistory:
    """One history: an hour before the rollout, and the rollout itself."""

    world: AnswersWorld
    rng: np.random.Generator
    total: NDArray[np.int64]
    blue: _Deployment
    green: _Deployment

    @property
    def true_rates(self) -> tuple[Series, Series]:
        """Blue's and green's failure probabilities in each minute of the rollout."""
        return self.blue.failing[FINE_HISTORY_MINUTES:], self.green.failing[FINE_HISTORY_MINUTES:]

    def past(self) -> tuple[list[int], list[int]]:
        """Return blue's failed and total requests in each minute before the rollout, oldest first."""
        rows = self.rows()
        return [row.bad for row in rows], [row.total for row in rows]

    def rows(self) -> list[DeploymentMinute]:
        """Return the same minutes as telemetry rows."""
        return [self._row(self.blue, at, int(self.total[at])) for at in range(FINE_HISTORY_MINUTES)]

    def minute(self, number: int, weight: int) -> Minute:
        """Return one minute of the rollout, with this percentage of the traffic on green."""
        at = FINE_HISTORY_MINUTES + number
        total = int(self.total[at])
        green = int(self.rng.binomial(total, weight / 100.0))
        blue = total if self.world.disagreement is not None else total - green
        rows = self._row(self.green, at, green), self._row(self.blue, at, blue)
        return Minute(number, weight, rows[0].bad, green, rows[1].bad, blue, rows)

    def expected_excess(self, number: int, requests: float | None = None) -> float:
        """Return how many of `requests` (default: all traffic) are answered worse than by blue, by true rates.

        Worse means failed, refused, slow or predicted as another class. Mirrored requests affect no caller: they
        count as 0.
        """
        if self.world.disagreement is not None:
            return 0.0
        world, at = self.world, FINE_HISTORY_MINUTES + number
        share = float(self.green.failing[at] - self.blue.failing[at]) + world.green_refused - world.refused
        share += (world.latency.slower if world.latency is not None else 0.0) + (world.shift or 0.0)
        return share * float(self.total[at] if requests is None else requests)

    def _row(self, deployment: _Deployment, at: int, requests: int) -> DeploymentMinute:
        world = self.world
        bad = int(self.rng.binomial(requests, deployment.failing[at]))
        refused = int(self.rng.binomial(requests - bad, deployment.refused)) if deployment.refused else 0
        good = requests - bad - refused
        times = self._bucket_counts(deployment, at, good)
        return DeploymentMinute(
            deployment=deployment.name,
            minute=START + timedelta(minutes=at),
            total=requests,
            bad=bad,
            client_errors=refused,
            slowness=None if times is None else histogram(times),
            percentiles=None if times is None else percentiles(times),
            predictions=None if world.shift is None else self._predicted(good, deployment),
            tallies=self._compared(deployment, good),
        )

    def _bucket_counts(self, deployment: _Deployment, at: int, good: int) -> NDArray[np.int64] | None:
        latency = self.world.latency
        if latency is None:
            return None
        return bucket_counts(self.rng, good, latency, float(deployment.shifts[at]), deployment.stragglers)

    def _predicted(self, good: int, deployment: _Deployment) -> dict[str, int]:
        return dict(zip(CLASSES, self.rng.multinomial(good, deployment.shares).tolist(), strict=True))

    def _compared(self, deployment: _Deployment, good: int) -> dict[str, Tally]:
        if self.world.disagreement is None or deployment is self.blue:
            return {}
        return {DISAGREEMENT: Tally(int(self.rng.binomial(good, self.world.disagreement)), good)}
