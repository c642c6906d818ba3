"""Someone else acts too: traffic edited by hand, deployments lost, endpoints missing or split."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.observation import DeploymentSeen, Provisioning
from shared.core.phases import Phase
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.rollout_health import rollout_findings
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, World

OTHER = "by-hand"


def at_ten_percent() -> World:
    """Return a world in which green has ten percent and a third deployment exists."""
    world = World()
    third = DeploymentSeen(OTHER, Provisioning.SUCCEEDED, "azureml:churn:5")
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {OTHER: third})
    world.register()
    world.until_weight(10)
    return world


def edit(world: World, traffic: dict[str, int]) -> None:
    """Set the live traffic from outside Teal."""
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic=traffic)


@pytest.mark.parametrize(
    "traffic", [{BLUE: 100}, {GREEN: 100}, {BLUE: 50, GREEN: 50}, {OTHER: 100}, {OTHER: 10, BLUE: 90}, {}], ids=str
)
def test_traffic_edited_by_someone_else_is_noticed_before_it_is_overwritten(traffic: dict[str, int]) -> None:
    """Whatever it was set to, even the value before the step: the rollout pauses and leaves it alone."""
    world = at_ten_percent()
    edit(world, traffic)
    world.minutes(5)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, traffic), world.told()
    why = world.rollout().status.reason
    assert (why.code, why.facts["observed_traffic"]) == (ReasonCode.TRAFFIC_CHANGED_EXTERNALLY, traffic)


def test_resuming_after_an_edit_restores_the_traffic() -> None:
    """An operator who resumes wants the rollout's weight back in force, and it continues from there."""
    world = at_ten_percent()
    edit(world, {OTHER: 100})
    world.minutes(2)
    world.ask(Verb.RESUME)
    world.minutes(3)
    assert world.seen.traffic == {GREEN: 10, BLUE: 90}
    world.until(Phase.PROMOTED)


def test_the_same_edit_a_second_time_is_noticed_again() -> None:
    """That Teal has seen an edit once does not make it Teal's own split."""
    world = at_ten_percent()
    for _ in range(2):
        edit(world, {OTHER: 100})
        world.minutes(2)
        assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, {OTHER: 100}), world.told()
        world.ask(Verb.RESUME)
        world.minutes(2)
        assert world.seen.traffic == {GREEN: 10, BLUE: 90}


def test_a_manual_rollback_after_an_edit_ends_with_blue() -> None:
    """All traffic is on another deployment: green has none and is deleted."""
    world = at_ten_percent()
    edit(world, {GREEN: 100})
    world.minutes()
    world.ask(Verb.ROLLBACK)
    world.until_finished()
    assert (world.seen.traffic, GREEN in world.seen.deployments) == ({BLUE: 100}, False)


def test_blue_that_breaks_leaves_the_decision_to_an_operator() -> None:
    """Without blue there is nothing to compare with and nowhere to return to: nothing moves, and the rollout waits."""
    world = at_ten_percent()
    broken = replace(world.seen.deployments[BLUE], state=Provisioning.FAILED)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: broken})
    written = list(world.endpoints.traffic_written)
    paused = world.until(Phase.PAUSED)
    assert (paused.status.reason.code, paused.status.reason.facts["deployment"]) == (ReasonCode.BLUE_LOST, BLUE)
    world.minutes(10)
    assert world.endpoints.traffic_written == written
    assert set(world.seen.deployments) == {BLUE, GREEN, OTHER}


def test_traffic_is_not_returned_to_a_blue_that_stays_broken() -> None:
    """Green fails at 100 percent, but Azure calls blue failed: after the deadline an operator decides."""
    world = World()
    world.register()
    world.until(Phase.PROMOTING)
    world.minutes(2)
    broken = replace(world.seen.deployments[BLUE], state=Provisioning.FAILED)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: broken})
    world.rates[GREEN] = 0.5
    failed = world.until(Phase.FAILED)
    assert failed.status.reason.because is not None
    assert failed.status.reason.because.code is ReasonCode.BLUE_FAILED_IN_AZURE
    assert (world.seen.traffic, len(world.entries(ReasonCode.BLUE_FAILED_IN_AZURE))) == ({GREEN: 100}, 1)
    (found,) = [each for each in rollout_findings(failed, world.clock()) if each.check == "unhealthy"]
    assert found.message.startswith("Azure calls churn-6 Failed")


@pytest.mark.parametrize("state", [Provisioning.FAILED, Provisioning.CANCELED])
def test_a_rollback_waits_for_a_blue_whose_update_failed_and_then_returns_the_traffic(state: Provisioning) -> None:
    """Blue's requests succeed, so it is not called unhealthy: one entry says what Azure calls it."""
    world = at_ten_percent()
    mark(world, BLUE, state)
    world.rates[GREEN] = 0.4
    world.until(Phase.ROLLING_BACK)
    world.minutes(7)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.ROLLING_BACK, {BLUE: 90, GREEN: 10})
    (noted,) = world.entries(ReasonCode.BLUE_FAILED_IN_AZURE)
    assert (noted.reason.facts["deployment"], noted.reason.facts["state"]) == (BLUE, state.value)
    assert not world.entries(ReasonCode.BOTH_UNHEALTHY, ReasonCode.BLUE_UNHEALTHY)
    (found,) = [each for each in rollout_findings(world.rollout(), world.clock()) if each.check == "unhealthy"]
    assert BLUE in found.message
    assert "unhealthy" not in found.message
    mark(world, BLUE, Provisioning.SUCCEEDED)
    world.until(Phase.ROLLED_BACK, within=4)
    assert world.seen.traffic == {BLUE: 100}


def test_if_azure_calls_both_failed_green_still_goes_back_once_blue_is_repaired() -> None:
    """A zone was lost for a few minutes while both were being changed."""
    world = at_ten_percent()
    mark(world, BLUE, Provisioning.FAILED)
    mark(world, GREEN, Provisioning.FAILED)
    world.minutes(6)
    mark(world, BLUE, Provisioning.SUCCEEDED)
    world.until(Phase.ROLLED_BACK, within=4)
    assert world.seen.traffic == {BLUE: 100}


def mark(world: World, name: str, state: Provisioning) -> None:
    """Have Azure show a deployment in this state."""
    marked = replace(world.seen.deployments[name], state=state)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {name: marked})


def test_blue_that_is_being_scaled_still_serves() -> None:
    """A deployment in Updating or Scaling is not lost."""
    world = at_ten_percent()
    scaling = replace(world.seen.deployments[BLUE], state=Provisioning.SCALING)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: scaling})
    world.until(Phase.PROMOTED)


def test_a_missing_endpoint_fails_the_rollout() -> None:
    """The reason names the endpoint."""
    world = World()
    world.endpoints.seen.clear()
    world.register()
    assert world.until(Phase.FAILED).status.reason.code is ReasonCode.ENDPOINT_MISSING
    assert world.store.open_endpoints() == ()


def test_deleting_the_endpoint_fails_the_rollout() -> None:
    """There is nothing left to control."""
    world = at_ten_percent()
    world.endpoints.seen.clear()
    assert world.until(Phase.FAILED).finished is not None


def test_an_endpoint_that_is_out_of_sight_twice_is_not_gone() -> None:
    """Azure does not show it for a minute, and again twenty minutes later: each absence is counted separately."""
    world = at_ten_percent()
    world.ask(Verb.PAUSE)
    for _ in range(2):
        world.minutes(20)
        seen = world.endpoints.seen.pop(ENDPOINT)
        world.minutes()
        world.endpoints.seen[ENDPOINT] = seen
    world.minutes()
    assert world.rollout().phase is Phase.PAUSED, world.told()


def test_split_traffic_before_a_rollout_fails_it() -> None:
    """It is unclear which of the two is blue, and Teal does not guess."""
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
    """It belongs to someone else, so an operator is needed."""
    world = World()
    theirs = DeploymentSeen(GREEN, Provisioning.SUCCEEDED, "azureml:other:1")
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {GREEN: theirs})
    world.register()
    why = world.until(Phase.FAILED).status.reason
    assert (why.code, why.facts["model"]) == (ReasonCode.DEPLOYMENT_NAME_TAKEN, "azureml:other:1")
    assert GREEN in world.seen.deployments


def test_blue_that_was_given_traffic_again_is_kept() -> None:
    """Someone sends traffic to blue after the promotion: it is not deleted when its time is up."""
    world = World()
    world.register()
    world.until(Phase.PROMOTED)
    edit(world, {BLUE: 20, GREEN: 80})
    world.until_finished()
    assert BLUE in world.seen.deployments
    assert len(world.entries(ReasonCode.BLUE_KEPT_IN_USE)) == 1


def test_blue_is_not_deleted_while_it_is_the_only_healthy_one() -> None:
    """Green breaks after the promotion: blue stays, and in the end the history says so."""
    world = World()
    world.register()
    world.until(Phase.PROMOTED)
    broken = replace(world.seen.deployments[GREEN], state=Provisioning.FAILED)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {GREEN: broken})
    world.minutes(120)
    assert BLUE in world.seen.deployments


def test_an_unreadable_azure_is_waited_for_and_reported() -> None:
    """Nothing is decided while Azure does not answer; the record says why, and forgets it afterwards."""
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
    """Azure allows 20 deployments per endpoint; the message names the idle ones."""
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
