"""Stories in which someone else acts too: traffic edited by hand, deployments lost, endpoints missing or split."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.observation import DeploymentSeen, Provisioning
from shared.core.phases import Phase
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, World

OTHER = "by-hand"


def at_ten_percent() -> World:
    """Return a world in which green has ten percent and a third deployment stands."""
    world = World()
    third = DeploymentSeen(OTHER, Provisioning.SUCCEEDED, "azureml:churn:5")
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {OTHER: third})
    world.register()
    world.until_weight(10)
    return world


def edit(world: World, traffic: dict[str, int]) -> None:
    """Set the live traffic as someone with a terminal would."""
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic=traffic)


@pytest.mark.parametrize(
    "traffic", [{BLUE: 100}, {GREEN: 100}, {BLUE: 50, GREEN: 50}, {OTHER: 100}, {OTHER: 10, BLUE: 90}, {}], ids=str
)
def test_traffic_edited_by_someone_else_is_noticed_before_it_is_overwritten(traffic: dict[str, int]) -> None:
    """Whatever it was set to, also to what it was before the step: the rollout pauses and leaves it as it is."""
    world = at_ten_percent()
    edit(world, traffic)
    world.minutes(5)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, traffic), world.told()
    why = world.rollout().status.reason
    assert (why.code, why.facts["observed_traffic"]) == (ReasonCode.TRAFFIC_CHANGED_EXTERNALLY, traffic)


def test_resumed_after_an_edit_the_traffic_is_set_back() -> None:
    """A person who resumes wants the rollout's weight in force again, and it goes on from there."""
    world = at_ten_percent()
    edit(world, {OTHER: 100})
    world.minutes(2)
    world.ask(Verb.RESUME)
    world.minutes(3)
    assert world.seen.traffic == {GREEN: 10, BLUE: 90}
    world.until(Phase.PROMOTED)


def test_the_same_edit_a_second_time_is_noticed_again() -> None:
    """That someone's map was known once does not make it ours."""
    world = at_ten_percent()
    for _ in range(2):
        edit(world, {OTHER: 100})
        world.minutes(2)
        assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, {OTHER: 100}), world.told()
        world.ask(Verb.RESUME)
        world.minutes(2)
        assert world.seen.traffic == {GREEN: 10, BLUE: 90}


def test_a_hand_rollback_after_an_edit_ends_with_blue() -> None:
    """Rolled back while the traffic is somewhere else entirely, green has none and is deleted."""
    world = at_ten_percent()
    edit(world, {GREEN: 100})
    world.minutes()
    world.ask(Verb.ROLLBACK)
    world.until_finished()
    assert (world.seen.traffic, GREEN in world.seen.deployments) == ({BLUE: 100}, False)


def test_blue_that_breaks_leaves_the_decision_to_an_operator() -> None:
    """With blue gone there is nothing to compare with and nowhere to go: nothing is moved, and the rollout waits."""
    world = at_ten_percent()
    broken = replace(world.seen.deployments[BLUE], state=Provisioning.FAILED)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: broken})
    written = list(world.endpoints.traffic_written)
    paused = world.until(Phase.PAUSED)
    assert (paused.status.reason.code, paused.status.reason.facts["deployment"]) == (ReasonCode.BLUE_LOST, BLUE)
    world.minutes(10)
    assert world.endpoints.traffic_written == written
    assert set(world.seen.deployments) == {BLUE, GREEN, OTHER}


def test_traffic_is_not_sent_back_to_a_blue_that_is_broken() -> None:
    """Green fails at 100 percent, but blue is broken: a person decides, green goes on serving."""
    world = World()
    world.register()
    world.until(Phase.PROMOTING)
    world.minutes(2)
    broken = replace(world.seen.deployments[BLUE], state=Provisioning.FAILED)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: broken})
    world.rates[GREEN] = 0.5
    failed = world.until(Phase.FAILED)
    assert (failed.status.reason.code, failed.status.reason.facts["deployment"]) == (ReasonCode.BLUE_UNHEALTHY, BLUE)
    assert world.seen.traffic == {GREEN: 100}


def test_blue_that_is_being_scaled_still_serves() -> None:
    """A deployment in Updating or Scaling is no lost one."""
    world = at_ten_percent()
    scaling = replace(world.seen.deployments[BLUE], state=Provisioning.SCALING)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: scaling})
    world.until(Phase.PROMOTED)


def test_an_endpoint_that_does_not_exist_calls_a_person() -> None:
    """A policy for an endpoint that is not there fails with its name."""
    world = World()
    world.endpoints.seen.clear()
    world.register()
    assert world.until(Phase.FAILED).status.reason.code is ReasonCode.ENDPOINT_MISSING
    assert world.store.open_endpoints() == ()


def test_an_endpoint_that_is_deleted_under_way_calls_a_person() -> None:
    """There is nothing left to steer."""
    world = at_ten_percent()
    world.endpoints.seen.clear()
    assert world.until(Phase.FAILED).finished is not None


def test_split_traffic_before_a_rollout_calls_a_person() -> None:
    """Who is blue, if two serve? Nobody guesses."""
    world = World()
    third = DeploymentSeen(OTHER, Provisioning.SUCCEEDED, "azureml:churn:5")
    both = world.seen.deployments | {OTHER: third}
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=both, traffic={BLUE: 60, OTHER: 40})
    world.register()
    failed = world.until(Phase.FAILED)
    assert failed.status.reason.code is ReasonCode.TRAFFIC_ALREADY_SPLIT
    assert failed.status.reason.facts["observed_traffic"] == {OTHER: 40, BLUE: 60}
    assert set(world.seen.deployments) == {BLUE, OTHER}


def test_a_deployment_of_greens_name_with_another_model_is_not_touched() -> None:
    """What is there already under the name is someone's: a person is called."""
    world = World()
    theirs = DeploymentSeen(GREEN, Provisioning.SUCCEEDED, "azureml:other:1")
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {GREEN: theirs})
    world.register()
    why = world.until(Phase.FAILED).status.reason
    assert (why.code, why.facts["model"]) == (ReasonCode.DEPLOYMENT_NAME_TAKEN, "azureml:other:1")
    assert GREEN in world.seen.deployments


def test_blue_that_was_given_traffic_again_is_kept() -> None:
    """After promotion someone sends traffic to blue again: it is not deleted when its time comes."""
    world = World()
    world.register()
    world.until(Phase.PROMOTED)
    edit(world, {BLUE: 20, GREEN: 80})
    world.until_finished()
    assert BLUE in world.seen.deployments
    assert len(world.entries(ReasonCode.BLUE_KEPT_IN_USE)) == 1


def test_blue_is_not_deleted_while_it_is_the_only_healthy_one() -> None:
    """Green breaks after the promotion: blue stays, and the history says so in the end."""
    world = World()
    world.register()
    world.until(Phase.PROMOTED)
    broken = replace(world.seen.deployments[GREEN], state=Provisioning.FAILED)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {GREEN: broken})
    world.until_finished()
    world.minutes(30)
    assert BLUE in world.seen.deployments


def test_an_azure_that_cannot_be_seen_is_waited_for_and_said() -> None:
    """While Azure does not answer nothing is decided; the record says why, and forgets it afterwards."""
    world = at_ten_percent()
    world.endpoints.faults.always = "503 from management.azure.com"
    world.minutes(5)
    assert world.rollout().observed.endpoint_problem == "503 from management.azure.com"
    assert world.rollout().phase is Phase.STEPPING
    world.endpoints.faults.always = ""
    world.minutes()
    assert world.rollout().observed.endpoint_problem is None
    world.until(Phase.PROMOTED)


@pytest.mark.parametrize(("others", "phase"), [(18, Phase.STEPPING), (19, Phase.FAILED)])
def test_an_endpoint_without_room_is_refused_before_anything_is_created(others: int, phase: Phase) -> None:
    """Azure allows 20 deployments on an endpoint; which of them are idle is said."""
    world = World()
    idle = {
        f"old-{n:02}": DeploymentSeen(f"old-{n:02}", Provisioning.SUCCEEDED, "azureml:old:1") for n in range(others)
    }
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | idle)
    world.register()
    world.minutes(2)
    assert world.rollout().phase is phase
    if phase is Phase.FAILED:
        assert GREEN not in world.seen.deployments
        (entry,) = world.entries(ReasonCode.ENDPOINT_FULL)
        assert entry.reason.facts["deployments"] == 20
        assert "old-07" in entry.reason.facts["others"]
