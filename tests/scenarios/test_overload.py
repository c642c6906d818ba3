"""Surges of requests: a lack of capacity is no harm, and nothing loses capacity because of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from shared.core.phases import Phase
from shared.core.policy import Capacity
from shared.core.rollout.reasons import ReasonCode
from tests.scenarios.conduct import Conduct
from tests.scenarios.test_incidents import holds
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, POLICY, World

C = ReasonCode
QUICK = Conduct(median=90.0)
# What blue and an undersized green answer with 429.
SMALL = [(0.3, 0.5), (0.55, 0.75), (0.1, 0.2), (0.02, 0.2), (0.3, 0.1), (0.2, 0.7), (0.6, 0.88)]


def in_a_surge(weight: int, refused: Mapping[str, float], fails: Mapping[str, float] | None = None) -> World:
    """Return a world with a green in proportion to its weight, in which both are overloaded at that weight.

    refused: the share of its requests that each deployment answers with 429. fails: the share that fails for other
    reasons.
    """
    world = World(
        replace(POLICY, capacity=Capacity(green="proportional")), rpm=800, conduct={BLUE: QUICK, GREEN: QUICK}
    )
    blue = replace(world.seen.deployments[BLUE], instances=6)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments={BLUE: blue})
    world.register()
    world.until_weight(weight)
    world.rpm = 9000
    for name, share in refused.items():
        world.conduct[name] = replace(QUICK, median=90.0 * (1 + 10 * share), overloaded=share)
        world.rates[name] = share + (fails or {}).get(name, 0.0)
    return world


def sizes(world: World) -> dict[str, int | None]:
    """Return the instances of each deployment."""
    return {name: each.instances for name, each in world.seen.deployments.items()}


@pytest.mark.parametrize("weight", [10, 50])
@pytest.mark.parametrize(("of_blue", "of_green"), SMALL)
def test_a_small_green_is_not_rolled_back_in_a_surge(weight: int, of_blue: float, of_green: float) -> None:
    """It is undersized for its share, and slower as well; deleting it would leave even less capacity."""
    world = in_a_surge(weight, {BLUE: of_blue, GREEN: of_green})
    before = sizes(world)
    world.minutes(60)
    assert (world.seen.traffic[GREEN], sizes(world), set(holds(world))) == (weight, before, {C.OVERLOAD})
    world.rpm, world.rates, world.conduct = 800, {}, {BLUE: QUICK, GREEN: QUICK}
    world.until(Phase.PROMOTED, within=120)


def test_what_a_surge_does_not_explain_still_counts() -> None:
    """Of the requests that it does handle, green fails many more than blue."""
    world = in_a_surge(10, {BLUE: 0.3, GREEN: 0.4}, fails={GREEN: 0.2})
    assert world.until(Phase.ROLLED_BACK, within=20).status.reason.code is C.REGRESSION_DETECTED


@pytest.mark.parametrize("weight", [10, 50])
@pytest.mark.parametrize(("of_blue", "of_green"), [(0.02, 0.6), (0.01, 0.4), (0.1, 1.0), (0.3, 0.9), (0.5, 1.0)])
def test_a_surge_does_not_excuse_a_green_that_is_far_more_overloaded(
    weight: int, of_blue: float, of_green: float
) -> None:
    """Being undersized does not explain that, and most of its users would fail for as long as the surge lasts."""
    world = in_a_surge(weight, {BLUE: of_blue, GREEN: of_green})
    assert world.until(Phase.ROLLED_BACK, within=20).status.reason.code is C.REGRESSION_DETECTED


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4])
def test_a_green_that_is_overloaded_by_itself_is_rolled_back(share: float) -> None:
    """Blue has spare capacity and takes the traffic back: however few requests green refuses, it is the cause."""
    world = in_a_surge(10, {GREEN: share})
    assert world.until(Phase.ROLLED_BACK, within=20).status.reason.code is C.REGRESSION_DETECTED
