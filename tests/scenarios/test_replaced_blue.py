"""Someone deploys something else under the name of blue, or of a deployment that Teal keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.observation import DeploymentSeen, Provisioning
from shared.core.phases import Phase
from shared.core.reconcile.running import since
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from tests.scenarios.test_kept_blue import handed_over
from tests.scenarios.test_replaced_green import deploy
from tests.scenarios.world import BLUE, GREEN, MINUTE, POLICY, World

OTHERS = [
    DeploymentSeen(BLUE, Provisioning.SUCCEEDED, "azureml:fraud:3", 2),
    DeploymentSeen(BLUE, Provisioning.SUCCEEDED, "azureml:churn:6", 1, content="patched by hand"),
]
BY_MODEL_OR_CODE = pytest.mark.parametrize("other", OTHERS, ids=["another model", "other code"])


def at_ten() -> World:
    """Return a world in which green has ten percent, and it is known what blue runs."""
    world = World()
    deploy(world, replace(world.seen.deployments[BLUE], content="as made"))
    world.register()
    world.until_weight(10)
    return world


@BY_MODEL_OR_CODE
def test_green_is_not_compared_with_another_blue_unnoticed(other: DeploymentSeen) -> None:
    """The rollout pauses, says why once, and continues when an operator resumes."""
    world = at_ten()
    deploy(world, other)
    world.minutes(30)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, {BLUE: 90, GREEN: 10})
    (found,) = world.entries(ReasonCode.BLUE_REPLACED)
    assert found.reason.facts == {"deployment": BLUE, "model": other.model}
    world.ask(Verb.RESUME)
    world.until(Phase.PROMOTED)


def test_a_request_from_before_blue_was_replaced_does_not_count() -> None:
    """Whoever asked for a promotion did not know what green is compared with now."""
    world = at_ten()
    world.ask(Verb.PROMOTE)
    deploy(world, OTHERS[0])
    world.minutes(3)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, {BLUE: 90, GREEN: 10})
    assert world.entries(ReasonCode.REQUEST_OVERRULED)


def test_a_green_that_is_worse_is_rolled_back_during_that_pause() -> None:
    """A pause never shields a harmful green."""
    world = at_ten()
    deploy(world, OTHERS[0])
    world.until(Phase.PAUSED)
    world.rates = {GREEN: 0.5}
    assert world.until_finished().status.reason.code is ReasonCode.REGRESSION_DETECTED


def test_a_blue_that_changes_before_green_is_ready_is_just_blue() -> None:
    """Nothing has been compared yet, so nothing depends on what it was."""
    world = World()
    world.register()
    world.controller().reconcile(world.rollout().endpoint)
    deploy(world, OTHERS[0])
    world.until(Phase.PROMOTED)
    assert not world.entries(ReasonCode.BLUE_REPLACED)
    world.until_finished()
    assert list(world.seen.deployments) == [GREEN]


@BY_MODEL_OR_CODE
def test_what_someone_deployed_in_place_of_a_kept_blue_is_theirs(other: DeploymentSeen) -> None:
    """Blue's time is over, but this is no longer blue: it stays, and the history says why."""
    world = at_ten()
    world.until(Phase.PROMOTED)
    deploy(world, other)
    rollout = world.until_finished(within=90)
    assert world.seen.deployments[BLUE] == other
    assert (rollout.phase, world.history()[-1].reason.code) == (Phase.PROMOTED, ReasonCode.LEFTOVER_REPLACED)


def test_the_same_holds_for_a_blue_that_the_next_version_inherited() -> None:
    """7's blue was kept for hours; the promotion of 8 would delete it early."""
    world = handed_over()
    world.until_weight(10, version="8")
    deploy(world, OTHERS[0])
    world.until(Phase.PROMOTED, version="8")
    world.minutes(20)
    assert world.seen.deployments[BLUE] == OTHERS[0]
    assert len(world.entries(ReasonCode.LEFTOVER_REPLACED, version="8")) == 1


def test_an_inherited_blue_stays_until_what_replaced_the_serving_one_was_seen_healthy() -> None:
    """Someone replaces 7 just before 6's time is over: 7's good minutes say nothing about what serves now."""
    world = handed_over(World(replace(POLICY, keep_blue=timedelta(minutes=40))))
    world.until_weight(10, version="8")
    world.ask(Verb.PAUSE)
    world.until(Phase.PAUSED, version="8")
    while world.clock() < world.rollout("8").kept[0].until - MINUTE:
        world.minutes()
    deploy(world, replace(OTHERS[0], name=GREEN))
    world.avoided = {GREEN, "churn-8"}
    world.minutes(12)
    assert BLUE in world.seen.deployments


def test_what_was_replaced_counts_from_azures_time_of_the_change() -> None:
    """The host's clock is an hour behind, so the last hour's requests to the replaced blue look newer."""
    world = at_ten()
    changed = world.clock() + timedelta(hours=1)
    deploy(world, replace(OTHERS[0], modified=changed))
    world.minutes(2)
    assert since(world.rollout(), BLUE) == changed
