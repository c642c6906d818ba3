"""A green with fewer instances than its share of the traffic needs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.phases import Phase
from shared.core.policy import Capacity
from shared.core.rollout.reasons import ReasonCode
from tests.scenarios.world import BLUE, ENDPOINT, POLICY, World


def warned(blue: int, green: int) -> list[tuple[int, int, int]]:
    """Return weight, instances and wanted instances of every warning in a whole rollout."""
    world = World(replace(POLICY, capacity=Capacity(green=green)))
    seen = world.seen
    serving = replace(seen.deployments[BLUE], instances=blue)
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments={BLUE: serving})
    world.register()
    world.until(Phase.PROMOTED)
    facts = [entry.reason.facts for entry in world.entries(ReasonCode.GREEN_UNDERSIZED)]
    return [(each["weight"], each["instances"], each["wanted_instances"]) for each in facts]


@pytest.mark.parametrize(
    ("blue", "green", "warnings"),
    [
        (12, 1, [(100, 1, 12), (10, 1, 2), (50, 1, 6), (100, 1, 12)]),
        (6, 3, [(100, 3, 6), (100, 3, 6)]),
        (4, 4, []),
        (2, 5, []),
    ],
)
def test_a_green_that_is_too_small_is_reported(blue: int, green: int, warnings: list[tuple[int, int, int]]) -> None:
    """Immediately for all traffic, and before each weight that it is too small for."""
    assert warned(blue, green) == warnings
