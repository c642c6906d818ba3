"""Which deployment serves a request, and whether another one gets a copy. Pure, except for the given randomness."""

from __future__ import annotations

import random

from emulator.resources import Endpoint


def by_traffic(endpoint: Endpoint, randomness: random.Random) -> str | None:
    """Pick a deployment in proportion to `traffic`. Return None if no existing deployment has a positive weight."""
    weights = _positive(endpoint.traffic, endpoint)
    if not weights:
        return None
    return randomness.choices(list(weights), list(weights.values()))[0]


def mirrored(endpoint: Endpoint, randomness: random.Random) -> str | None:
    """Pick the deployment that gets a copy of this request, if any."""
    share = randomness.uniform(0.0, 100.0)
    for name, weight in _positive(endpoint.mirror_traffic, endpoint).items():
        if share < weight:
            return name
        share -= weight
    return None


def _positive(weights: dict[str, int], endpoint: Endpoint) -> dict[str, int]:
    """Return the positive weights of deployments that exist. As in Azure, names are case-insensitive."""
    kept = {name.lower(): weight for name, weight in weights.items() if weight > 0}
    return {name: weight for name, weight in kept.items() if name in endpoint.deployments}
