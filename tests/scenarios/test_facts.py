"""Azure changes during a rollout: what serves, what broke, and what someone deployed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.observation import DeploymentSeen, EndpointSeen, Halt, Provisioning
from shared.core.phases import Phase
from shared.core.policy import Capacity, Policy, TemplateSource
from shared.core.rollout import ModelVersion, Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import PauseStep, SmokeStep, WeightStep
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, MINUTE, POLICY, World

HAND, OTHER = "made-by-hand", "churn-5"
STEPS = (SmokeStep("s"), PauseStep(), WeightStep(30), WeightStep(70))
LIVE = replace(POLICY, steps=STEPS)
TEMPLATE = replace(LIVE, source=TemplateSource("deployments/churn.yml"))


def deploy(world: World, name: str, version: str, state: Provisioning = Provisioning.SUCCEEDED) -> None:
    """Have someone deploy a version by hand, without traffic."""
    seen = world.endpoints.seen.get(ENDPOINT) or EndpointSeen(ENDPOINT, Provisioning.SUCCEEDED)
    made = DeploymentSeen(name, state, f"azureml:churn:{version}", 2)
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments=seen.deployments | {name: made})


def give(world: World, traffic: dict[str, int]) -> None:
    """Have someone set the live traffic by hand."""
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic=traffic)


def empty(world: World) -> World:
    """Remove the endpoint."""
    world.endpoints.seen.clear()
    return world


@pytest.mark.parametrize("policy", [LIVE, TEMPLATE], ids=["from live", "from a template"])
@pytest.mark.parametrize("gap", [1, 4])
def test_registering_before_deploying_creates_no_duplicate_and_no_failure(policy: Policy, gap: int) -> None:
    """Model, endpoint, deployment and traffic come minutes apart: that version's rollout ends as superseded."""
    world = empty(World(policy))
    world.register()
    world.minutes(gap)
    world.endpoints.seen[ENDPOINT] = EndpointSeen(ENDPOINT, Provisioning.SUCCEEDED)
    deploy(world, HAND, "7", Provisioning.CREATING)
    world.minutes(gap)
    deploy(world, HAND, "7")
    world.minutes(gap)
    give(world, {HAND: 100})
    world.until_finished()
    assert world.rollout().phase is Phase.SUPERSEDED, world.told()
    assert (set(world.seen.deployments), world.seen.traffic) == ({HAND}, {HAND: 100})
    world.register("8", "e2")
    assert world.until(Phase.PAUSED, version="8").blue == HAND


def test_a_manual_deployment_during_the_smoke_test_ends_the_rollout() -> None:
    """Green already existed: it is deleted, and the manual deployment is not touched."""
    world = empty(World(TEMPLATE))
    world.endpoints.seen[ENDPOINT] = EndpointSeen(ENDPOINT, Provisioning.SUCCEEDED)
    world.register()
    world.until(Phase.PAUSED)
    deploy(world, HAND, "7", Provisioning.CREATING)
    world.minutes(3)
    assert world.rollout().phase is Phase.PAUSED
    deploy(world, HAND, "7")
    assert world.until_finished().phase is Phase.SUPERSEDED
    assert (set(world.seen.deployments), world.endpoints.traffic_written) == ({HAND}, [])


def test_green_gets_no_traffic_while_someone_deploys_the_same_version() -> None:
    """Green is ready, but the other one may be the one meant to serve: the rollout waits for an hour of Creating."""
    world = World()
    world.register()
    world.minutes()
    world.endpoints.finish()
    deploy(world, HAND, "7", Provisioning.CREATING)
    world.minutes(60)
    assert (world.seen.ready(GREEN), world.endpoints.traffic_written) == (True, []), world.told()


def test_an_operator_can_roll_out_a_version_that_stands_idle() -> None:
    """Whoever starts the rollout knows about the deployment without traffic, so it goes ahead."""
    world = World(LIVE)
    deploy(world, HAND, "7")
    world.models.registered[ModelVersion("churn", "7")] = {}
    world.reception().start(LIVE, ModelVersion("churn", "7"), "ada", "the new one")
    assert world.until(Phase.PAUSED).blue == BLUE


@pytest.mark.parametrize("policy", [LIVE, TEMPLATE], ids=["from live", "from a template"])
def test_a_first_deployment_goes_step_by_step_once_something_else_serves(policy: Policy) -> None:
    """An operator gives the idle deployment all traffic and approves: the waiting green gets 30 percent, not 100."""
    world = World(policy)
    give(world, {})
    world.register()
    world.until(Phase.PAUSED)
    assert world.rollout().first
    give(world, {BLUE: 100})
    world.minutes(2)
    assert world.rollout().blue == BLUE
    if world.rollout().phase is Phase.PAUSED:
        world.ask(Verb.RESUME)
    world.until_weight(30)
    assert {GREEN: 100} not in world.endpoints.traffic_written
    assert world.rollout().judging.calibration is not None


def test_a_first_deployment_whose_traffic_was_only_decided_takes_none_from_what_serves_since() -> None:
    """Someone creates a deployment with all traffic in the meantime, before Teal's own order was given."""
    world = World(replace(TEMPLATE, steps=(SmokeStep("s"), WeightStep(30), WeightStep(100))))
    give(world, {})
    world.register()
    world.endpoints.slow = True  # Azure creates green for a minute
    while GREEN not in world.seen.deployments or not world.seen.ready(GREEN):
        assert world.endpoints.traffic_written == []
        world.clock.pass_(MINUTE)
        world.endpoints.finish()
        if world.seen.ready(GREEN):
            world.endpoints.seen[ENDPOINT] = replace(world.seen, state=Provisioning.UPDATING)
        world.controller().tick()
        world.settle()
    world.minutes(3)
    assert world.rollout().traffic.weight == 100
    world.endpoints.seen[ENDPOINT] = replace(world.seen, state=Provisioning.SUCCEEDED, traffic={BLUE: 100})
    assert (world.until_weight(30).blue, world.endpoints.traffic_written) == (BLUE, [{GREEN: 30, BLUE: 70}])


def test_a_first_deployment_that_lost_its_traffic_is_compared_with_what_serves_once_resumed() -> None:
    """Someone gave all traffic to another deployment; an operator resumes nevertheless."""
    world = World(replace(TEMPLATE, steps=(SmokeStep("s"), WeightStep(30), WeightStep(100), PauseStep())))
    give(world, {})
    world.register()
    world.until(Phase.PAUSED)
    assert world.seen.traffic == {GREEN: 100}
    give(world, {BLUE: 100})
    world.minutes(3)
    assert world.entries(ReasonCode.TRAFFIC_CHANGED_EXTERNALLY)
    world.ask(Verb.RESUME)
    assert world.until_weight(30).blue == BLUE
    assert world.endpoints.traffic_written == [{GREEN: 100}, {GREEN: 30, BLUE: 70}]


def test_a_first_deployment_takes_nothing_from_several_that_serve() -> None:
    """It is unclear which one is blue, so the rollout stays paused even if someone resumes."""
    world = World(TEMPLATE)
    deploy(world, OTHER, "5")
    give(world, {})
    world.register()
    world.until(Phase.PAUSED)
    give(world, {BLUE: 60, OTHER: 40})
    for _ in range(2):
        world.minutes(2)
        why = world.rollout().status.reason
        assert (world.rollout().phase, why.code) == (Phase.PAUSED, ReasonCode.TRAFFIC_ALREADY_SPLIT)
        world.ask(Verb.RESUME)
    world.minutes(3)
    assert (world.seen.traffic, world.endpoints.traffic_written) == ({BLUE: 60, OTHER: 40}, [])


def test_green_is_compared_with_whoever_serves_when_it_gets_its_first_traffic() -> None:
    """All traffic moves to a third deployment during the smoke test, so that one becomes blue."""
    world = World(LIVE)
    deploy(world, OTHER, "5")
    world.register()
    world.until(Phase.PAUSED)
    give(world, {OTHER: 100})
    world.minutes(2)
    world.ask(Verb.RESUME)
    assert world.until_weight(30).blue == OTHER
    assert world.seen.traffic == {GREEN: 30, OTHER: 70}


@pytest.mark.parametrize(("shown", "restored"), [(3, 3), (7, 7)])
def test_blue_gets_back_the_instances_that_it_had_last(shown: int, restored: int) -> None:
    """It scaled up from two while it served and is kept with one; the rollback restores the higher count."""
    kept = replace(POLICY, keep_blue=timedelta(hours=2), capacity=Capacity(kept_blue=1))
    world = World(kept)
    give(world, {})
    deploy(world, BLUE, "6")
    give(world, {BLUE: 100})
    world.register()
    world.until_weight(10)
    scaled = replace(world.seen.deployments[BLUE], instances=shown)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: scaled})
    world.until(Phase.PROMOTED)
    world.until_instances(1)
    world.ask(Verb.ROLLBACK)
    world.until_finished()
    assert world.seen.instances(BLUE) == restored


def test_an_idle_blue_keeps_the_instances_that_someone_adds() -> None:
    """Someone scales idle blue to ten. It is then kept on one instance, and the rollback restores ten."""
    world = World(replace(LIVE, steps=(WeightStep(50),), capacity=Capacity(kept_blue=1), keep_blue=timedelta(hours=6)))
    world.register()
    world.until(Phase.PROMOTING)
    while world.seen.traffic != {GREEN: 100}:
        world.minutes()
    more = replace(world.seen.deployments[BLUE], instances=10)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: more})
    world.until_instances(1)
    world.ask(Verb.ROLLBACK)
    world.until_finished()
    assert (world.seen.traffic, world.seen.instances(BLUE)) == ({BLUE: 100}, 10)


@pytest.mark.parametrize(("share", "restored"), [(100, 4), (70, 10)])
def test_a_blue_that_scaled_down_while_green_took_its_traffic_gets_all_its_instances_back(
    share: int, restored: int
) -> None:
    """Ten instances became four, which is enough for its share, but a rollback gives blue all traffic."""
    world = World(replace(LIVE, keep_blue=timedelta(hours=2), capacity=Capacity(kept_blue=1)))
    blue = replace(world.seen.deployments[BLUE], instances=10)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments={BLUE: blue})
    world.register()
    world.until(Phase.PAUSED)
    if share < 100:
        world.ask(Verb.RESUME)
        world.until_weight(100 - share)
    assert (world.seen.traffic[BLUE], world.rollout().blue_instances) == (share, 10)
    fewer = {BLUE: replace(world.seen.deployments[BLUE], instances=4)}
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | fewer)
    world.minutes()
    if share == 100:
        world.ask(Verb.RESUME)
    world.until(Phase.PROMOTED)
    world.until_instances(1)
    world.ask(Verb.ROLLBACK)
    world.until_finished()
    assert world.seen.instances(BLUE) == restored


def break_blue(world: World) -> None:
    """Have blue fail, whatever traffic it has."""
    broken = replace(world.seen.deployments[BLUE], state=Provisioning.FAILED)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: broken})


def test_no_rollout_starts_next_to_a_broken_blue() -> None:
    """That is reported before anything is created, and the fix can be started by hand at once."""
    world = World(LIVE)
    break_blue(world)
    world.register()
    ended = world.until_finished()
    assert (ended.phase, ended.status.reason.code) == (Phase.FAILED, ReasonCode.BLUE_BROKEN_AT_START)
    assert set(world.seen.deployments) == {BLUE}
    world.reception().start(LIVE, ModelVersion("churn", "7"), "ada", "it is the fix")
    world.until(Phase.PAUSED)
    assert world.rollout().smoke_passed
    world.ask(Verb.PROMOTE, full=True)
    fix = world.rollout().green
    for _ in range(4):
        world.minutes()
    assert world.seen.traffic == {fix: 100}, world.told()


@pytest.mark.parametrize("way", ["fix", "back"])
def test_if_blue_breaks_an_operator_decides(way: str) -> None:
    """Green has 30 percent: the operator promotes all the way, or rolls back once blue is repaired."""
    world = World(replace(LIVE, steps=(STEPS[0], *STEPS[2:])))
    world.register()
    world.until_weight(30)
    break_blue(world)
    assert world.until(Phase.PAUSED).status.reason.code is ReasonCode.BLUE_LOST
    if way == "fix":
        world.ask(Verb.PROMOTE, full=True)
        world.minutes(4)
        assert world.seen.traffic == {GREEN: 100}, world.told()
        return
    repaired = replace(world.seen.deployments[BLUE], state=Provisioning.SUCCEEDED)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: repaired})
    world.ask(Verb.ROLLBACK)
    world.until_finished()
    assert (world.seen.traffic, GREEN in world.seen.deployments) == ({BLUE: 100}, False)


def test_a_failed_rollout_deletes_its_unused_green() -> None:
    """Blue is deleted while green is being created; green is deleted once something healthy serves."""
    world = World(LIVE)
    deploy(world, OTHER, "5")
    world.register()
    world.minutes()
    left = {name: seen for name, seen in world.seen.deployments.items() if name != BLUE}
    world.endpoints.finish()
    left[GREEN] = replace(world.seen.deployments[GREEN], state=Provisioning.CREATING)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 100}, deployments=left)
    world.controller().reconcile(world.policy.endpoint_id)
    assert world.rollout().phase is Phase.FAILED
    give(world, {OTHER: 100})
    world.until_finished()
    assert set(world.seen.deployments) == {OTHER}, world.told()


def test_a_failed_rollout_asks_for_an_operator_if_green_serves() -> None:
    """Green has all traffic and fails, and blue is broken: green stays, and an operator is asked immediately."""
    world = World()
    world.register()
    world.until(Phase.PROMOTING)
    world.minutes(2)
    break_blue(world)
    world.rates[GREEN] = 0.5
    failed = world.until(Phase.FAILED)
    world.minutes(60)
    assert GREEN in world.seen.deployments
    assert [entry.at for entry in world.entries(ReasonCode.LEFTOVER_IN_USE)] == [failed.status.since]


def test_a_failed_manual_deployment_does_not_count() -> None:
    """Someone's own deployment of the version failed, so the rollout is needed."""
    world = World()
    failed = DeploymentSeen("by-hand", Provisioning.FAILED, "azureml:churn:7")
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {"by-hand": failed})
    world.register()
    assert world.until(Phase.PROMOTED, Phase.SUPERSEDED, within=90).phase is Phase.PROMOTED


def test_a_manual_deployment_ends_a_waiting_full_promotion() -> None:
    """A halt keeps green without traffic; the rollout ends as superseded, as in any other phase."""
    world = World(replace(POLICY, steps=(SmokeStep("smoke.jsonl"), PauseStep(), WeightStep(10))))
    world.register()
    world.until(Phase.PAUSED)
    world.store.set_halt(Halt("ada@example.com", "audit", world.clock()))
    world.minutes(2)
    world.ask(Verb.PROMOTE, full=True)
    world.minutes(2)
    by_hand = DeploymentSeen("by-hand", Provisioning.SUCCEEDED, "azureml:churn:7")
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {"by-hand": by_hand})
    assert world.until(Phase.SUPERSEDED)


def test_nobody_is_told_to_delete_the_only_deployment_that_works() -> None:
    """Blue is deleted while green is being created: green stays, and the history says that it may be needed."""
    world = World()
    world.register()
    world.minutes()
    world.endpoints.finish()
    left = {GREEN: world.seen.deployments[GREEN]}
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={}, deployments=left)
    assert world.until_finished().phase is Phase.FAILED
    assert [entry.reason.code for entry in world.history()][-1] is ReasonCode.LEFTOVER_ONLY_ONE


def test_a_blue_that_is_gone_is_not_waited_for() -> None:
    """Someone moves all traffic to green at 10 % and deletes blue: the advice is to promote, not to resume."""
    world = World()
    world.register()
    world.until_weight(10)
    left = {GREEN: world.seen.deployments[GREEN]}
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={GREEN: 100}, deployments=left)
    world.minutes(5)
    assert world.rollout().status.reason.code is ReasonCode.BLUE_LOST
    world.ask(Verb.PROMOTE, full=True)
    world.until(Phase.PROMOTED)


@pytest.mark.parametrize("phase", [Phase.STEPPING, Phase.PAUSED, Phase.PROMOTED])
def test_one_reading_without_the_endpoint_ends_nothing(phase: Phase) -> None:
    """Azure does not show it for a moment. Afterwards a harmful green is still rolled back, and a kept blue deleted."""
    world = World(LIVE)
    world.register()
    world.until(Phase.PAUSED)
    world.ask(Verb.RESUME)
    if phase is Phase.PROMOTED:
        world.until(phase)
    else:
        world.until_weight(30)
    if phase is Phase.PAUSED:
        world.ask(Verb.PAUSE)
        world.minutes()
    seen = world.endpoints.seen.pop(ENDPOINT)
    world.clock.pass_(MINUTE)
    world.controller().tick()
    world.settle()
    world.endpoints.seen[ENDPOINT] = seen
    world.rates = {} if phase is Phase.PROMOTED else {GREEN: 0.5}
    world.minutes(80)
    assert list(world.seen.deployments) == ([GREEN] if phase is Phase.PROMOTED else [BLUE])


def test_a_rollout_ends_when_its_endpoint_is_gone() -> None:
    """Several consecutive reads must say so."""
    world = World()
    world.register()
    world.until_weight(10)
    world.endpoints.seen.clear()
    for _ in range(7):
        world.clock.pass_(MINUTE)
        world.controller().tick()
        world.settle()
    ended = world.rollout()
    assert (ended.phase, ended.status.reason.code) == (Phase.FAILED, ReasonCode.ENDPOINT_MISSING)


def test_a_green_that_someone_deletes_while_it_is_created_is_not_created_again() -> None:
    """One missing reading proves nothing; five minutes of them do."""
    world = World()
    world.endpoints.stuck = True
    world.register()
    world.minutes(2)
    assert GREEN in world.seen.deployments
    others = {name: each for name, each in world.seen.deployments.items() if name != GREEN}
    world.endpoints.pending.clear()
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=others)
    world.endpoints.stuck = False
    assert world.until(Phase.ROLLED_BACK, within=12).phase is Phase.ROLLED_BACK
    assert len(world.entries(ReasonCode.GREEN_LOST)) == 1
    assert GREEN not in world.seen.deployments
