"""What it costs that green and blue stand side by side: an estimate from the user's own prices, never a bill."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from math import ceil

from cli.policy.estimate import Estimate
from shared.core.policy import Capacity, Policy
from shared.policies.prices import Prices

HOUR = 60.0


@dataclass(frozen=True, slots=True)
class Overlap:
    """Hours in which instances are paid twice. rollout: until green serves. kept: while blue is kept after that.

    green: instance hours of green during the rollout. blue: instance hours of blue while it is kept.
    """

    rollout: float
    kept: float
    green: float
    blue: float


def overlap(policy: Policy, found: Estimate, instances: int) -> Overlap:
    """Return the overlap of a rollout that goes well. instances: how many serve now."""
    shares = accumulate((abs(stay.hold.share) for stay in found.stays), max)  # green grows, and never shrinks
    times = [(stay.minutes or 0.0, share) for stay, share in zip(found.stays, shares, strict=True)]
    kept, left = policy.keep_blue.total_seconds() / 3600, policy.capacity.kept
    return Overlap(
        rollout=sum(minutes for minutes, _ in times) / HOUR,
        kept=kept,
        green=sum(minutes * _green(policy.capacity, share, instances) for minutes, share in times) / HOUR,
        blue=kept * (instances if left is None else min(instances, left)),
    )


def cost(prices: Prices, machine: tuple[str, str], spent: Overlap) -> float | None:
    """Return what an overlap costs in the prices' currency; None if a type has no price. machine: blue's, green's."""
    blue, green = prices.cost(machine[0], spent.blue, 1.0), prices.cost(machine[1], spent.green, 1.0)
    return None if blue is None or green is None else blue + green


def _green(capacity: Capacity, share: int, instances: int) -> int:
    if isinstance(capacity.green, int):
        return capacity.green
    return max(1, ceil(instances * share / 100)) if capacity.green == "proportional" else instances
