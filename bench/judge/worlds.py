"""Worlds in which requests fail or succeed: how many arrive per minute, and each deployment's failure probability.

A world is a handful of numbers; `draw` gives one history of it: six hours of blue alone, then the rollout.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.judge.bursts import Bursts, Series, independent
from bench.judge.effects import Effect, Traffic, constant, same
from bench.judge.minute import Minute
from shared.core.observation import DeploymentMinute

HISTORY_MINUTES = 360
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FailureWorld:
    """The true conditions of a simulation.

    rate: requests per minute. base: blue's usual failure probability. effect: green's failure probability, given the
    minutes since the start and blue's. bursts: how failures of one deployment cluster over time, on `noisy`
    deployments. cluster_size: mean number of failures that occur together, as retries do (1: independent).
    counted_once: the failures of a cluster are one request and its retries, and telemetry counts them once. incidents:
    the probability per minute that a shared incident (+5 percentage points on both deployments, about 4 minutes)
    starts. drift: standard deviation of the logarithm of the base rate, which drifts with a memory of about 20
    minutes. lag: minutes until telemetry can be read. gap: minutes of the rollout without telemetry. minutes: how long
    it is watched.
    """

    rate: float
    base: float
    effect: Effect = same
    bursts: Bursts = independent
    noisy: Literal["both", "blue"] = "both"
    cluster_size: float = 1.0
    counted_once: bool = False
    incidents: float = 0.0
    drift: float = 0.0
    traffic: Traffic = constant
    lag: int = 0
    gap: range = range(0)
    minutes: int = 120

    def draw(self, seed: int) -> FailureHistory:
        """Return one history; with the same seed every judge gets the same one, until the weights differ."""
        rng = np.random.default_rng(seed)
        minutes = np.arange(-HISTORY_MINUTES, self.minutes, dtype=np.float64)
        blue = np.minimum(self.base * wander(rng, len(minutes), self.drift), 0.5)
        incident = _incidents(rng, len(minutes), self.incidents)
        green = self.effect(minutes, blue)
        greens_bursts = independent if self.noisy == "blue" else self.bursts
        return FailureHistory(
            rng=rng,
            total=rng.poisson(self.rate * self.traffic(minutes)),
            blue=np.minimum(self.bursts(rng, blue) + incident, 1.0),
            green=np.minimum(greens_bursts(rng, green) + incident, 1.0),
            usual=(np.minimum(blue + incident, 1.0), np.minimum(green + incident, 1.0)),
            cluster_size=self.cluster_size,
            counted_once=self.counted_once,
        )


@dataclass(slots=True)
class FailureHistory:
    """One history: six hours before the rollout, and the rollout itself. Arrays start with the past.

    blue, green: failure probabilities, including bursts of one deployment. usual: both without such bursts.
    """

    rng: np.random.Generator
    total: NDArray[np.int64]
    blue: Series
    green: Series
    usual: tuple[Series, Series]
    cluster_size: float = 1.0
    counted_once: bool = False

    @property
    def true_rates(self) -> tuple[Series, Series]:
        """Blue's and green's usual failure rates in each minute of the rollout, counted as telemetry counts them."""
        tries = self.cluster_size if self.counted_once else 1.0
        blue, green = self.usual
        return blue[HISTORY_MINUTES:] / tries, green[HISTORY_MINUTES:] / tries

    def past(self) -> tuple[list[int], list[int]]:
        """Return blue's failed and total requests in each minute before the rollout, oldest first."""
        total = self.total[:HISTORY_MINUTES]
        bad, retries = _draw_series(self.rng, total, self.blue[:HISTORY_MINUTES], self.cluster_size)
        counted = retries if self.counted_once else np.zeros_like(retries)
        return (bad - counted).tolist(), (total - counted).tolist()

    def rows(self) -> list[DeploymentMinute]:
        """Return the same minutes as telemetry rows."""
        return [
            DeploymentMinute("blue", START + timedelta(minutes=at), total, bad)
            for at, (bad, total) in enumerate(zip(*self.past(), strict=True))
        ]

    def minute(self, number: int, weight: int) -> Minute:
        """Return the counts of one minute of the rollout, with this percentage of the traffic on green."""
        at = HISTORY_MINUTES + number
        total = int(self.total[at])
        green = int(self.rng.binomial(total, weight / 100.0))
        green_bad, green_total = self._counts(green, float(self.green[at]))
        blue_bad, blue_total = self._counts(total - green, float(self.blue[at]))
        return Minute(number, weight, green_bad, green_total, blue_bad, blue_total)

    def expected_excess(self, number: int, requests: float | None = None) -> float:
        """Return the failures that green adds to blue's in `requests` (default: all traffic), by true rates."""
        at = HISTORY_MINUTES + number
        blue, green = self.usual
        return float((green[at] - blue[at]) * (self.total[at] if requests is None else requests))

    def _counts(self, requests: int, probability: float) -> tuple[int, int]:
        """Return failed and total requests of one deployment, as telemetry counts them."""
        bad, retries = _draw(self.rng, requests, probability, self.cluster_size)
        counted = retries if self.counted_once else 0
        return bad - counted, requests - counted


def _draw(rng: np.random.Generator, requests: int, probability: float, cluster_size: float) -> tuple[int, int]:
    """Return how many requests fail, and how many of those are not the first of their cluster."""
    if cluster_size == 1.0:
        return int(rng.binomial(requests, probability)), 0
    clusters = int(rng.poisson(requests * probability / cluster_size))
    if not clusters:
        return 0, 0
    bad = min(requests, clusters + int(rng.negative_binomial(clusters, 1.0 / cluster_size)))
    return bad, max(0, bad - clusters)


def _draw_series(
    rng: np.random.Generator, requests: NDArray[np.int64], probability: Series, cluster_size: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the same for many minutes together, which consumes the random numbers in a different order."""
    if cluster_size == 1.0:
        return rng.binomial(requests, probability), np.zeros_like(requests)
    clusters = rng.poisson(requests * probability / cluster_size)
    more = rng.negative_binomial(np.maximum(clusters, 1), 1.0 / cluster_size)
    bad = np.minimum(requests, np.where(clusters > 0, clusters + more, 0))
    return bad, np.maximum(bad - clusters, 0)


def wander(rng: np.random.Generator, length: int, deviation: float, memory: float = 0.95) -> Series:
    """Return a factor for each minute; its logarithm is an AR(1) process with this deviation and coefficient."""
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
