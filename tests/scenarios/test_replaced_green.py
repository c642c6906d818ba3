"""Someone deploys something else under green's name: it was never tested, and does not belong to Teal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.observation import DeploymentSeen, Provisioning
from shared.core.phases import Phase
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, Step, WeightStep
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, MINUTE, POLICY, World

SMOKE = SmokeStep("s")
FOREIGN = DeploymentSeen(GREEN, Provisioning.SUCCEEDED, "azureml:fraud:3", 2)
MOMENTS: dict[str, tuple[tuple[Step, ...], Phase, dict[str, int]]] = {
    "paused before any traffic": ((SMOKE, PauseStep(), WeightStep(50)), Phase.PAUSED, {BLUE: 100}),
    "mirrored": ((SMOKE, MirrorStep(20, duration=60 * MINUTE), WeightStep(50)), Phase.STEPPING, {BLUE: 100}),
    "at 30": ((SMOKE, WeightStep(30), WeightStep(60)), Phase.STEPPING, {BLUE: 70, GREEN: 30}),
    "in the bake": ((SMOKE, WeightStep(60)), Phase.PROMOTING, {GREEN: 100}),
}


def at(steps: tuple[Step, ...], phase: Phase, traffic: dict[str, int]) -> World:
    """Return a world in which green is ready and in this phase, with this split in force."""
    world = World(replace(POLICY, steps=steps))
    world.register()
    world.until(phase)
    for _ in range(30):
        mirrored = bool(world.seen.mirror) or not any(isinstance(step, MirrorStep) for step in steps)
        if world.seen.traffic == traffic and mirrored:
            return world
        world.minutes()
    raise AssertionError(world.told())


def deploy(world: World, seen: DeploymentSeen) -> None:
    """Have someone deploy this in place of the deployment with its name."""
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {seen.name: seen})


@pytest.mark.parametrize(("steps", "phase", "traffic"), MOMENTS.values(), ids=MOMENTS)
def test_another_model_under_greens_name_gets_nothing_and_is_not_deleted(
    steps: tuple[Step, ...], phase: Phase, traffic: dict[str, int]
) -> None:
    """Blue gets everything back; what someone deployed stays, and the history says whose it is."""
    world = at(steps, phase, traffic)
    written = len(world.endpoints.traffic_written)
    deploy(world, FOREIGN)
    rollout = world.until_finished()
    assert (rollout.phase, rollout.status.reason.code) == (Phase.ROLLED_BACK, ReasonCode.GREEN_REPLACED)
    assert all(GREEN not in split for split in world.endpoints.traffic_written[written:])
    assert (world.seen.traffic, world.seen.mirror) == ({BLUE: 100}, {})
    assert world.seen.deployments[GREEN] == FOREIGN
    assert [entry.reason.code for entry in world.history()][-1] is ReasonCode.LEFTOVER_REPLACED


def test_what_replaced_green_loses_the_traffic_that_it_had_before_the_rollback() -> None:
    """Someone replaced green and gave it all traffic before an operator's rollback, but reads showed that late."""
    world = at(*MOMENTS["at 30"])
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK, within=3)
    deploy(world, FOREIGN)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={GREEN: 100})
    world.minutes(4)
    assert world.seen.traffic == {BLUE: 100}, world.told()
    assert world.history()[-1].reason.code is ReasonCode.LEFTOVER_REPLACED
    assert world.seen.deployments[GREEN] == FOREIGN


def test_the_same_model_with_other_code_is_something_else_too() -> None:
    """Only the environment or the scoring script changed, but that was not tested either."""
    world = World()
    world.register()
    world.minutes()
    deploy(world, DeploymentSeen(GREEN, Provisioning.SUCCEEDED, "azureml:churn:7", 1, content="as made"))
    world.endpoints.pending.clear()
    world.until_weight(10)
    deploy(world, replace(world.seen.deployments[GREEN], content="patched by hand"))
    assert world.until_finished().status.reason.code is ReasonCode.GREEN_REPLACED


def test_a_green_that_is_only_scaled_or_updated_stays_green() -> None:
    """Another size, another time of change: the rollout continues."""
    world = World()
    world.register()
    world.until_weight(10)
    deploy(world, replace(world.seen.deployments[GREEN], instances=5, state=Provisioning.UPDATING))
    world.minutes()
    deploy(world, replace(world.seen.deployments[GREEN], modified=world.clock(), state=Provisioning.SUCCEEDED))
    world.until(Phase.PROMOTED)


def test_a_promoted_green_may_be_changed_in_place() -> None:
    """After the promotion it is an ordinary deployment, and blue is deleted when its time is over."""
    world = World()
    world.register()
    world.until(Phase.PROMOTED)
    deploy(world, replace(FOREIGN, model="azureml:churn:8"))
    world.until_finished()
    assert list(world.seen.deployments) == [GREEN]


@pytest.mark.parametrize(
    "other", [FOREIGN, DeploymentSeen(GREEN, Provisioning.SUCCEEDED, "azureml:churn:7", 1, content="b")]
)
def test_blue_stays_until_what_replaced_a_promoted_green_was_seen_healthy(other: DeploymentSeen) -> None:
    """Blue's time is over a minute later. Green's good minutes say nothing about what serves now, which fails."""
    world = World(rpm=900)
    world.register()
    world.until(Phase.PROMOTED)
    deploy(world, replace(world.seen.deployments[GREEN], content="a"))
    world.minutes(28)
    deploy(world, other)
    world.rates = {GREEN: 0.8}
    world.minutes(12)
    assert BLUE in world.seen.deployments
    (replaced,) = world.entries(ReasonCode.SERVING_REPLACED)
    assert replaced.reason.facts == {"deployment": GREEN, "model": other.model}
    world.rates = {}
    world.until_finished()
    assert list(world.seen.deployments) == [GREEN]


def test_greens_good_minutes_are_not_those_of_what_replaced_it() -> None:
    """The replacement gets no request before blue's time is over, and fails the smoke requests: blue stays."""
    world = World(rpm=900)
    world.register()
    world.until(Phase.PROMOTED)
    world.minutes(29)
    deploy(world, FOREIGN)
    world.rpm, world.scoring.statuses = 0, {GREEN: 500}
    world.minutes(15)
    assert BLUE in world.seen.deployments


def test_a_replaced_green_that_has_to_keep_serving_is_reported_as_such() -> None:
    """Blue is broken, so its share cannot go back: the last entry says that an operator must decide."""
    world = at(*MOMENTS["at 30"])
    deploy(world, FOREIGN)
    deploy(world, replace(world.seen.deployments[BLUE], state=Provisioning.FAILED))
    assert world.until_finished().phase is Phase.FAILED
    assert [entry.reason.code for entry in world.history()][-1] is ReasonCode.LEFTOVER_IN_USE
    assert world.seen.traffic == {BLUE: 70, GREEN: 30}
