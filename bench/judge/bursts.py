"""How failures of one arm come together: not at all, in clusters, by the minute or pod. It must never know a judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]


class Bursts(Protocol):
    """What makes failures of one arm dependent."""

    @property
    def cluster_size(self) -> float:
        """Mean number of failures that come together (1: each by itself)."""
        ...

    @property
    def counted_once(self) -> bool:
        """Whether the failures of a cluster are one request that is tried again, and telemetry counts it once."""
        ...

    def apply(self, rng: np.random.Generator, probability: Series) -> Series:
        """Return one arm's failure probability minute by minute, with its own bursts in it."""
        ...


@dataclass(frozen=True, slots=True)
class Independent:
    """Requests fail independently of each other."""

    cluster_size: float = 1.0
    counted_once: bool = False

    def apply(self, rng: np.random.Generator, probability: Series) -> Series:
        """Change nothing."""
        del rng
        return probability


@dataclass(frozen=True, slots=True)
class Clusters:
    """Failures come in clusters of geometric size within a minute, as retries do."""

    cluster_size: float
    counted_once: bool = False

    def apply(self, rng: np.random.Generator, probability: Series) -> Series:
        """Change nothing: clusters are drawn with the counts."""
        del rng
        return probability


@dataclass(frozen=True, slots=True)
class Gamma:
    """Each minute multiplies the arm's rate by a gamma variable of mean 1 and this variance."""

    variance: float = 1.0
    cluster_size: float = 1.0
    counted_once: bool = False

    def apply(self, rng: np.random.Generator, probability: Series) -> Series:
        """Multiply each minute."""
        return np.minimum(probability * rng.gamma(1.0 / self.variance, self.variance, len(probability)), 1.0)


@dataclass(frozen=True, slots=True)
class Pods:
    """Each pod of an arm may begin to fail a fifth of its requests, for a geometric number of minutes."""

    pods: int = 10
    chance: float = 0.01
    minutes: float = 1.0
    points: float = 0.2
    cluster_size: float = 1.0
    counted_once: bool = False

    def apply(self, rng: np.random.Generator, probability: Series) -> Series:
        """Add each pod's bursts."""
        added = np.zeros(len(probability))
        for start, pods in enumerate(rng.binomial(self.pods, self.chance, len(probability))):
            for _ in range(pods):
                added[start : start + rng.geometric(1.0 / self.minutes)] += self.points / self.pods
        return np.minimum(probability + added, 1.0)
