"""Deployments with green's name that Teal did not create: it never deletes them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.observation import DeploymentSeen, Provisioning
from shared.core.phases import Phase
from shared.core.reconcile.actions import CreateDeployment
from shared.core.rollout import ModelVersion, Verb
from shared.core.rollout.reasons import ReasonCode
from shared.errors import Temporary
from tests.fakes import FakeEndpoints
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, World, serving


class Unanswering(FakeEndpoints):
    """Azure accepts the order for green, and its response is lost."""

    def create_deployment(self, action: CreateDeployment) -> None:
        super().create_deployment(action)
        raise Temporary("timed out")


def deploy(world: World, state: Provisioning, *, by_teal: bool = False) -> None:
    """Have someone deploy green's version under green's name; `state` is what Azure shows of it."""
    mine = DeploymentSeen(GREEN, state, "azureml:churn:7", 3, by_teal=by_teal)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {GREEN: mine})


def start(world: World) -> None:
    """Have an operator start the rollout of the version that someone has deployed."""
    world.models.registered[ModelVersion("churn", "7")] = {}
    world.reception().start(world.policy, ModelVersion("churn", "7"), "bob@example.com", "with mine")


@pytest.mark.parametrize("state", [Provisioning.FAILED, Provisioning.CANCELED])
@pytest.mark.parametrize("asked", [False, True], ids=["registered", "started"])
def test_a_broken_deployment_with_greens_name_ends_the_rollout_before_it_begins(
    state: Provisioning, *, asked: bool
) -> None:
    """It belongs to someone else: the rollout reports that the name is taken, and creates and deletes nothing."""
    world = World()
    deploy(world, state)
    if asked:
        start(world)
    else:
        world.register()
    rollout = world.until_finished()
    why = rollout.status.reason
    assert (rollout.phase, why.code, why.facts["state"]) == (
        Phase.FAILED,
        ReasonCode.DEPLOYMENT_NAME_TAKEN,
        state.value,
    )
    assert sorted(world.seen.deployments) == [BLUE, GREEN]


@pytest.mark.parametrize("asked", [False, True], ids=["registered", "started"])
def test_a_deployment_that_fails_while_someone_creates_it_is_not_deleted(*, asked: bool) -> None:
    """Teal waits for it, and creates and deletes nothing."""
    world = World()
    deploy(world, Provisioning.CREATING)
    if asked:
        start(world)
    else:
        world.register()
    world.minutes(5)
    assert (world.rollout().phase, world.rollout().placement) == (Phase.PROVISIONING, None)
    deploy(world, Provisioning.FAILED)
    assert world.until_finished().status.reason.code is ReasonCode.DEPLOYMENT_NAME_TAKEN
    world.minutes(30)
    assert GREEN in world.seen.deployments


def test_an_idle_deployment_that_an_operator_starts_is_rolled_out_and_left_after_the_rollback() -> None:
    """The history says at the beginning and at the end that Teal did not create it."""
    world = World()
    deploy(world, Provisioning.SUCCEEDED)
    start(world)
    world.until_weight(50)
    assert len(world.entries(ReasonCode.GREEN_FOUND)) == 1
    assert not world.entries(ReasonCode.CREATING_GREEN)
    world.ask(Verb.ROLLBACK)
    assert world.until_finished().phase is Phase.ROLLED_BACK
    assert world.history()[-1].reason.code is ReasonCode.LEFTOVER_REPLACED
    assert (world.seen.traffic, sorted(world.seen.deployments)) == ({BLUE: 100}, [BLUE, GREEN])


def test_it_is_also_left_if_it_was_copied_from_one_of_teals_with_its_tag() -> None:
    """Teal never ordered it, whatever its tags say."""
    world = World()
    deploy(world, Provisioning.SUCCEEDED, by_teal=True)
    start(world)
    world.until_weight(10)
    world.ask(Verb.ROLLBACK)
    world.until_finished()
    assert GREEN in world.seen.deployments


def test_what_someone_deploys_after_azure_refused_green_is_left() -> None:
    """Azure has no quota for a copy of blue, and a few minutes later someone deploys a smaller one."""
    world = World()
    world.endpoints.refuses["create"] = "OutOfQuota"
    world.register()
    world.until(Phase.ROLLED_BACK)
    deploy(world, Provisioning.SUCCEEDED)
    world.minutes(30)
    assert GREEN in world.seen.deployments


def test_what_teal_made_is_deleted_also_if_the_answer_to_its_order_was_lost() -> None:
    """The order is recorded before it is given."""
    world = World(rates={GREEN: 0.4}, endpoints=Unanswering(seen={ENDPOINT: serving()}, slow=True))
    world.register()
    world.until(Phase.ROLLED_BACK, within=90)
    world.until_finished()
    assert sorted(world.seen.deployments) == [BLUE]
