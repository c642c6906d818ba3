"""Worlds: how many requests come each minute and how likely each arm fails them. Seeded; must never know a judge.

A world is a handful of numbers; `draw` gives one history of it: six hours of blue alone, then the rollout.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.judge.bursts import Bursts, Independent, Series
from bench.judge.effects import Effect, Traffic, constant, same
from bench.judge.minute import Minute

HISTORY_MINUTES = 360


@dataclass(frozen=True, slots=True)
class World:
    """What is true in a simulation.

    rate: requests a minute. base: blue's usual failure probability. effect: green's, given the minutes since the start
    and blue's. bursts: how failures of one arm come together, on `noisy` arms. incidents: chance a minute that a
    shared incident (+5 points on both arms, about 4 minutes) begins. drift: standard deviation of the logarithm of the
    base, which wanders with a memory of about 20 minutes. lag: minutes until telemetry can be read. gap: minutes of the
    rollout without telemetry. minutes: how long the rollout is watched.
    """

    rate: float
    base: float
    effect: Effect = same
    bursts: Bursts = field(default_factory=Independent)
    noisy: Literal["both", "blue"] = "both"
    incidents: float = 0.0
    drift: float = 0.0
    traffic: Traffic = constant
    lag: int = 0
    gap: range = range(0)
    minutes: int = 120

    def draw(self, seed: int) -> History:
        """Return one history of this world; the same seed gives the same one for every judge until shares differ."""
        rng = np.random.default_rng(seed)
        minutes = np.arange(-HISTORY_MINUTES, self.minutes, dtype=np.float64)
        blue = np.minimum(self.base * _wander(rng, len(minutes), self.drift), 0.5)
        incident = _incidents(rng, len(minutes), self.incidents)
        green = self.effect(minutes, blue)
        own = Independent() if self.noisy == "blue" else self.bursts
        return History(
            rng=rng,
            total=rng.poisson(self.rate * self.traffic(minutes)),
            blue=np.minimum(self.bursts.apply(rng, blue) + incident, 1.0),
            green=np.minimum(own.apply(rng, green) + incident, 1.0),
            usual=(np.minimum(blue + incident, 1.0), np.minimum(green + incident, 1.0)),
            clusters=(1.0 if self.noisy == "blue" else self.bursts.cluster_size, self.bursts.cluster_size),
        )


@dataclass(slots=True)
class History:
    """One history of a world, six hours before the rollout and the rollout itself. Arrays begin with the past.

    blue, green: failure probabilities, one-sided bursts in them. usual: both without such bursts, as the oracle knows
    them. clusters: mean size of green's and blue's.
    """

    rng: np.random.Generator
    total: NDArray[np.int64]
    blue: Series
    green: Series
    usual: tuple[Series, Series]
    clusters: tuple[float, float]

    def past(self) -> tuple[list[int], list[int]]:
        """Return blue's failed and total requests in the minutes before the rollout, oldest first."""
        total = self.total[:HISTORY_MINUTES]
        bad = _failures(self.rng, total, self.blue[:HISTORY_MINUTES], self.clusters[1])
        return bad.tolist(), total.tolist()

    def minute(self, number: int, weight: int) -> Minute:
        """Return the counts of one minute of the rollout, with this share (per cent) on green."""
        at = HISTORY_MINUTES + number
        total = int(self.total[at])
        green = int(self.rng.binomial(total, weight / 100.0))
        return Minute(
            number=number,
            weight=weight,
            green_bad=_failed(self.rng, green, self.green[at], self.clusters[0]),
            green_total=green,
            blue_bad=_failed(self.rng, total - green, self.blue[at], self.clusters[1]),
            blue_total=total - green,
        )

    def expected_excess(self, number: int, requests: float | None = None) -> float:
        """Return failures that green adds to what blue would have had, by its true rates; all traffic by default."""
        at = HISTORY_MINUTES + number
        blue, green = self.usual
        return float((green[at] - blue[at]) * (self.total[at] if requests is None else requests))


def _failed(rng: np.random.Generator, requests: int, probability: float, cluster: float) -> int:
    if cluster == 1.0:
        return int(rng.binomial(requests, probability)) if requests else 0
    clusters = int(rng.poisson(requests * probability / cluster))
    return min(requests, clusters + int(rng.negative_binomial(clusters, 1.0 / cluster))) if clusters else 0


def _failures(
    rng: np.random.Generator, requests: NDArray[np.int64], probability: Series, cluster: float
) -> NDArray[np.int64]:
    if cluster == 1.0:
        return rng.binomial(requests, probability)
    clusters = rng.poisson(requests * probability / cluster)
    more = rng.negative_binomial(np.maximum(clusters, 1), 1.0 / cluster)
    return np.minimum(requests, np.where(clusters > 0, clusters + more, 0))


def _wander(rng: np.random.Generator, length: int, deviation: float) -> Series:
    if not deviation:
        return np.ones(length)
    memory = 0.95
    steps = rng.normal(0.0, deviation * np.sqrt(1.0 - memory**2), length)
    level = np.empty(length)
    level[0] = rng.normal(0.0, deviation)
    for i in range(1, length):
        level[i] = memory * level[i - 1] + steps[i]
    return np.exp(level)


def _incidents(rng: np.random.Generator, length: int, chance: float, points: float = 0.05) -> Series:
    added = np.zeros(length)
    for start in np.flatnonzero(rng.random(length) < chance):
        added[start : start + rng.geometric(0.25)] = points
    return added
