"""How the failures of one deployment cluster over time.

Clusters within a minute are drawn with the counts, in `worlds.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]
Bursts = Callable[[np.random.Generator, Series], Series]
"""Takes one deployment's failure probability by minute and returns it with the deployment's own bursts added."""


def independent(_rng: np.random.Generator, probability: Series) -> Series:
    """Return the probability unchanged: requests fail independently of each other."""
    return probability


@dataclass(frozen=True, slots=True)
class Gamma:
    """Each minute multiplies the failure rate by a gamma variable with mean 1 and this variance."""

    variance: float = 1.0

    def __call__(self, rng: np.random.Generator, probability: Series) -> Series:
        """Return the probability with every minute multiplied."""
        return np.minimum(probability * rng.gamma(1.0 / self.variance, self.variance, len(probability)), 1.0)


@dataclass(frozen=True, slots=True)
class Pods:
    """Each pod may start to fail.

    chance: per pod and minute. minutes: mean (geometric) duration. points: failure probability of a failing pod.
    """

    pods: int = 10
    chance: float = 0.01
    minutes: float = 1.0
    points: float = 0.2

    def __call__(self, rng: np.random.Generator, probability: Series) -> Series:
        """Return the probability with every pod's bursts added, each weighted by the pod's share of the traffic."""
        added = np.zeros(len(probability))
        for start, pods in enumerate(rng.binomial(self.pods, self.chance, len(probability))):
            for _ in range(pods):
                added[start : start + rng.geometric(1.0 / self.minutes)] += self.points / self.pods
        return np.minimum(probability + added, 1.0)
