"""Which deployment serves a request, and whether a copy goes to another. Pure but for the randomness given."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from emulator.resources import Endpoint


def by_traffic(endpoint: Endpoint, randomness: random.Random) -> str | None:
    """Pick a deployment in proportion to `traffic`; None when none that exists has a positive weight."""
    weights = _positive(endpoint.traffic, endpoint)
    if not weights:
        return None
    return randomness.choices(list(weights), list(weights.values()))[0]


def mirrored(endpoint: Endpoint, randomness: random.Random) -> str | None:
    """Pick the deployment that gets a copy of this request, if one does this time."""
    share = randomness.uniform(0.0, 100.0)
    for name, weight in _positive(endpoint.mirror_traffic, endpoint).items():
        if share < weight:
            return name
        share -= weight
    return None


def _positive(weights: dict[str, int], endpoint: Endpoint) -> dict[str, int]:
    """Keep the weights above zero of deployments that exist; names are compared as Azure does, in lower case."""
    kept = {name.lower(): weight for name, weight in weights.items() if weight > 0}
    return {name: weight for name, weight in kept.items() if name in endpoint.deployments}
