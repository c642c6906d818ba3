"""Worlds: how many requests come each minute and how likely each arm fails them. Seeded; must never know a judge.

A world is a handful of numbers; `draw` gives one history of it: six hours of blue alone, then the rollout.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.judge.bursts import Bursts, Independent, Series
from bench.judge.effects import Effect, Traffic, constant, same
from bench.judge.minute import Minute
from shared.core.observation import DeploymentMinute

HISTORY_MINUTES = 360
START = datetime(2026, 1, 1, tzinfo=UTC)


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
        blue = np.minimum(self.base * wander(rng, len(minutes), self.drift), 0.5)
        incident = _incidents(rng, len(minutes), self.incidents)
        green = self.effect(minutes, blue)
        own = Independent() if self.noisy == "blue" else self.bursts
        return History(
            rng=rng,
            total=rng.poisson(self.rate * self.traffic(minutes)),
            blue=np.minimum(self.bursts.apply(rng, blue) + incident, 1.0),
            green=np.minimum(own.apply(rng, green) + incident, 1.0),
            truth=(np.minimum(blue + incident, 1.0), np.minimum(green + incident, 1.0)),
            once=self.bursts.counted_once,
            clusters=(1.0 if self.noisy == "blue" else self.bursts.cluster_size, self.bursts.cluster_size),
        )


@dataclass(slots=True)
class History:
    """One history of a world, six hours before the rollout and the rollout itself. Arrays begin with the past.

    blue, green: failure probabilities, one-sided bursts in them. truth: both without such bursts. clusters: mean size
    of green's and blue's. once: the failures of a cluster are one request that is tried again, and are counted as one.
    """

    rng: np.random.Generator
    total: NDArray[np.int64]
    blue: Series
    green: Series
    truth: tuple[Series, Series]
    clusters: tuple[float, float]
    once: bool = False

    @property
    def usual(self) -> tuple[Series, Series]:
        """Both in the minutes of the rollout, as the oracle knows them: counted as telemetry counts."""
        green_size, blue_size = self.clusters if self.once else (1.0, 1.0)
        return self.truth[0][HISTORY_MINUTES:] / blue_size, self.truth[1][HISTORY_MINUTES:] / green_size

    def past(self) -> tuple[list[int], list[int]]:
        """Return blue's failed and total requests in the minutes before the rollout, oldest first."""
        total = self.total[:HISTORY_MINUTES]
        bad, again = _failures(self.rng, total, self.blue[:HISTORY_MINUTES], self.clusters[1])
        return ((bad - again).tolist(), (total - again).tolist()) if self.once else (bad.tolist(), total.tolist())

    def rows(self) -> list[DeploymentMinute]:
        """Return the same as telemetry gives it."""
        return [
            DeploymentMinute("blue", START + timedelta(minutes=at), total, bad)
            for at, (bad, total) in enumerate(zip(*self.past(), strict=True))
        ]

    def minute(self, number: int, weight: int) -> Minute:
        """Return the counts of one minute of the rollout, with this share (per cent) on green."""
        at = HISTORY_MINUTES + number
        total = int(self.total[at])
        green = int(self.rng.binomial(total, weight / 100.0))
        ours, ours_again = _failed(self.rng, green, self.green[at], self.clusters[0])
        theirs, theirs_again = _failed(self.rng, total - green, self.blue[at], self.clusters[1])
        if not self.once:
            ours_again = theirs_again = 0
        return Minute(
            number=number,
            weight=weight,
            green_bad=ours - ours_again,
            green_total=green - ours_again,
            blue_bad=theirs - theirs_again,
            blue_total=total - green - theirs_again,
        )

    def expected_excess(self, number: int, requests: float | None = None) -> float:
        """Return failures that green adds to what blue would have had, by its true rates; all traffic by default."""
        at = HISTORY_MINUTES + number
        blue, green = self.truth
        return float((green[at] - blue[at]) * (self.total[at] if requests is None else requests))


def _failed(rng: np.random.Generator, requests: int, probability: float, cluster: float) -> tuple[int, int]:
    """Return how many failed, and how many of these are not the first of their cluster."""
    if cluster == 1.0:
        return (int(rng.binomial(requests, probability)) if requests else 0), 0
    clusters = int(rng.poisson(requests * probability / cluster))
    if not clusters:
        return 0, 0
    bad = min(requests, clusters + int(rng.negative_binomial(clusters, 1.0 / cluster)))
    return bad, max(0, bad - clusters)


def _failures(
    rng: np.random.Generator, requests: NDArray[np.int64], probability: Series, cluster: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if cluster == 1.0:
        return rng.binomial(requests, probability), np.zeros_like(requests)
    clusters = rng.poisson(requests * probability / cluster)
    more = rng.negative_binomial(np.maximum(clusters, 1), 1.0 / cluster)
    bad = np.minimum(requests, np.where(clusters > 0, clusters + more, 0))
    return bad, np.maximum(bad - clusters, 0)


def wander(rng: np.random.Generator, length: int, deviation: float, memory: float = 0.95) -> Series:
    """Return a factor minute by minute; its logarithm has this deviation and from minute to minute this memory."""
    if not deviation:
        return np.ones(length)
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
