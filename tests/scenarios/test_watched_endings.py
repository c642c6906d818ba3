"""Endings that leave something in use: what serves is still watched, for as long as a blue is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.phases import Phase
from shared.core.rollout import ModelVersion, Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.rollout.requests import allowed_verbs
from shared.core.steps import PauseStep, WeightStep
from shared.rollout_health import rollout_findings
from tests.scenarios.world import BLUE, CHURN, ENDPOINT, GREEN, MINUTE, POLICY, World

C = ReasonCode
KEEPS = replace(POLICY, on_rollback="keep")


def rolled_back(world: World) -> World:
    """Have an operator roll back at the first weight."""
    world.register()
    world.until_weight(10)
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK)
    return world


def failed_with_green_serving() -> World:
    """Return a world in which a rollback failed because blue answers no smoke request; green has all traffic."""
    world = World()
    world.register()
    world.until(Phase.PROMOTING)
    while world.seen.traffic != {GREEN: 100}:
        world.minutes()
    world.scoring.statuses = {BLUE: 500}
    world.ask(Verb.ROLLBACK)
    world.until(Phase.FAILED, within=25)
    return world


def given_again() -> World:
    """Return a world in which an operator gave green all traffic after its rollback, because blue fails."""
    world = rolled_back(World(rpm=900))
    world.rates = {BLUE: 0.9}
    world.minutes(12)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={GREEN: 100})
    world.minutes()
    return world


def test_blue_is_watched_after_a_rollback_that_keeps_green() -> None:
    """Nothing is left to clean up, but what serves may fail as well; that is reported once."""
    world = rolled_back(World(KEEPS, rpm=900))
    world.rates = {BLUE: 0.8}
    world.minutes(12)
    world.rates = {}
    ended = world.until_finished()
    assert ended.finished is not None
    assert ended.finished - ended.status.since == KEEPS.keep_blue
    assert [entry.reason.facts["deployment"] for entry in world.entries(C.SERVING_UNHEALTHY)] == [BLUE]
    assert sorted(world.seen.deployments) == [BLUE, GREEN]


def test_a_green_that_serves_after_a_failure_is_watched() -> None:
    """One entry immediately says that it was left in place; later ones say that it fails and that it has recovered."""
    world = failed_with_green_serving()
    failed = world.rollout()
    assert [entry.at for entry in world.entries(C.LEFTOVER_IN_USE)] == [failed.status.since]
    world.minutes(5)
    world.rates = {GREEN: 0.9}
    world.minutes(10)
    world.rates = {}
    world.until_finished()
    said = world.entries(C.SERVING_UNHEALTHY, C.SERVING_HEALTHY, C.LEFTOVER_IN_USE)
    assert [(entry.reason.code, entry.reason.facts["deployment"]) for entry in said] == [
        (C.LEFTOVER_IN_USE, GREEN),
        (C.SERVING_UNHEALTHY, GREEN),
        (C.SERVING_HEALTHY, GREEN),
    ]


def test_a_broken_blue_is_no_finding_any_more_once_green_is_seen_to_serve() -> None:
    """The alert that the rollback waits for blue ends without an entry, because blue has not recovered."""
    world = failed_with_green_serving()
    assert [each.check for each in rollout_findings(world.rollout(), world.clock())] == ["unhealthy"]
    world.minutes(15)
    assert list(rollout_findings(world.rollout(), world.clock())) == []
    assert not world.entries(C.SERVING_HEALTHY)


def test_a_green_that_was_given_traffic_again_is_watched() -> None:
    """It was rolled back for a reason."""
    world = given_again()
    assert len(world.entries(C.LEFTOVER_IN_USE)) == 1
    world.rates = {GREEN: 0.9}
    world.minutes(40)
    reported = [entry.reason.facts["deployment"] for entry in world.entries(C.SERVING_UNHEALTHY)]
    assert (reported, len(world.entries(C.LEFTOVER_IN_USE))) == ([BLUE, GREEN], 1)


def test_blue_is_watched_after_green_was_deleted() -> None:
    """The cleanup takes some minutes, and what serves may fail later than that."""
    world = rolled_back(World(replace(POLICY, keep_blue=timedelta(minutes=75)), rpm=900))
    world.until_cleaned(within=20)
    assert (sorted(world.seen.deployments), world.rollout().finished) == ([BLUE], None)
    world.minutes(18)
    world.rates = {BLUE: 0.75}
    world.minutes(8)
    assert [entry.reason.facts["deployment"] for entry in world.entries(C.SERVING_UNHEALTHY)] == [BLUE]
    assert [each.check for each in rollout_findings(world.rollout(), world.clock())] == ["unhealthy"]
    world.rates = {}
    world.until_finished()


def test_green_is_watched_although_someone_has_deleted_blue() -> None:
    """It is watched for as long as blue would have been kept; there is no way back, so no rollback is accepted."""
    world = World(replace(POLICY, keep_blue=timedelta(minutes=90)), rpm=900)
    world.register()
    world.until(Phase.PROMOTED)
    others = {name: each for name, each in world.seen.deployments.items() if name != BLUE}
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=others)
    world.minutes(20)
    world.rates = {GREEN: 0.6}
    world.minutes(10)
    assert len(world.entries(C.SERVING_UNHEALTHY)) == 1
    assert allowed_verbs(world.store.rollouts(CHURN)[0]) == ()
    world.rates = {}
    ended = world.until_finished()
    assert ended.finished is not None
    assert ended.finished - ended.status.since == timedelta(minutes=90)


@pytest.mark.parametrize("ending", ["kept", "deleted", "failed", "given again"])
def test_the_next_version_does_not_wait_for_the_watch(ending: str) -> None:
    """It begins within a minute or two, and its own rollout watches from then on."""
    endings = {"failed": failed_with_green_serving, "given again": given_again}
    world = endings.get(ending, lambda: rolled_back(World(KEEPS if ending == "kept" else POLICY)))()
    world.minutes(12 if ending == "deleted" else 5)
    assert world.rollout().finished is None
    world.scoring.statuses, world.rates = {}, {}
    world.register("8", "e2")
    world.minutes(2)
    assert world.rollout().finished is not None
    assert world.rollout("8").phase in {Phase.PROVISIONING, Phase.STEPPING}
    world.until(Phase.PROMOTED, version="8")


def test_the_same_version_can_be_started_again_during_the_watch() -> None:
    """An operator need not wait for a rollout that has nothing left to do."""
    world = rolled_back(World(KEEPS))
    world.minutes(5)
    again = world.reception().start(KEEPS, ModelVersion("churn", "7"), "ada@example.com", "it was the caller's fault")
    world.minutes(2)
    stored = world.store.rollout(again.endpoint, again.id)
    assert stored is not None
    assert stored.value.phase in {Phase.PROVISIONING, Phase.STEPPING}


def test_a_silent_endpoint_is_watched_by_its_smoke_requests() -> None:
    """Nobody calls it after the rollback, so blue must answer them; every five minutes is enough."""
    world = rolled_back(World(KEEPS, rpm=900))
    world.minutes(10)
    asked: list[object] = []
    world.rpm, world.scoring.statuses, world.scoring.answered = 0, {BLUE: 503}, lambda *_: asked.append(world.clock())
    world.minutes(KEEPS.keep_blue // MINUTE)
    assert len(world.entries(C.SERVING_UNHEALTHY)) == 1
    assert len(asked) < KEEPS.keep_blue / MINUTE / 2


@pytest.mark.parametrize("how", ["promoted", "rolled back", "blue deleted by hand"])
def test_the_watch_lasts_until_what_serves_is_healthy(how: str) -> None:
    """It began to fail shortly before the watch would end: the finding stays, and blue stays available."""
    world = World(rpm=900)
    serves = BLUE if how == "rolled back" else GREEN
    if how == "rolled back":
        rolled_back(world)
    else:
        world.register()
        world.until(Phase.PROMOTED)
    if how == "blue deleted by hand":
        left = {GREEN: world.seen.deployments[GREEN]}
        world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=left)
    world.minutes(20)
    world.rates = {serves: 0.5}
    world.minutes(240)
    assert [each.check for each in rollout_findings(world.rollout(), world.clock())] == ["unhealthy"]
    if how == "promoted":
        assert len(world.entries(C.LEFTOVER_KEPT)) == 1
        world.ask(Verb.ROLLBACK)
        assert world.until(Phase.ROLLED_BACK, within=5).observed.serving == BLUE
    world.rates = {}
    world.until_finished(within=60)


def test_the_next_version_does_not_wait_for_an_unhealthy_one() -> None:
    """It may be the fix. It inherits the kept blue, which stays until everything that serves is healthy.

    The newer version, with most of the traffic, is healthy long after that blue's time is over; what it replaces is
    not.
    """
    world = World(rpm=900)
    world.register()
    world.until(Phase.PROMOTED)
    world.minutes(20)
    world.rates = {GREEN: 0.5}
    world.minutes(90)
    steps = (*POLICY.steps[:2], WeightStep(60), PauseStep())
    world.policy = replace(POLICY, judge=replace(POLICY.judge, failing_blue="replace"), steps=steps)
    world.register("8", "e2")
    world.minutes(4)
    assert world.rollout().finished is not None
    world.until(Phase.PAUSED, version="8")
    world.minutes(60)
    assert (world.seen.traffic[GREEN], BLUE in world.seen.deployments) == (40, True)
    assert [kept.deployment for kept in world.rollout("8").kept] == [BLUE]
    world.ask(Verb.RESUME)
    world.until(Phase.PROMOTED, version="8")
