"""Endpoints that do not serve yet: missing, empty, or without traffic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.core.observation import DeploymentSeen, EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.policy import EndpointSpec, Policy, TemplateSource
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, WeightStep
from shared.errors import NotPossible
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, POLICY, World

TEMPLATE = replace(POLICY, source=TemplateSource("deployments/churn.yml"))
EMPTY = EndpointSeen(ENDPOINT, Provisioning.SUCCEEDED)
IDLE = EndpointSeen(
    ENDPOINT,
    Provisioning.SUCCEEDED,
    deployments={BLUE: DeploymentSeen(BLUE, Provisioning.SUCCEEDED, "azureml:churn:6")},
)


def world_with(policy: Policy, endpoint: EndpointSeen | None) -> World:
    """Return a world with this endpoint, or without one, in which churn:7 was registered."""
    world = World(policy)
    world.endpoints.seen = {ENDPOINT: endpoint} if endpoint else {}
    world.register()
    return world


@pytest.mark.parametrize(
    ("policy", "endpoint"),
    [
        (TEMPLATE, EMPTY),
        (replace(TEMPLATE, create_endpoint=EndpointSpec("aml_token")), None),
        (replace(TEMPLATE, steps=(SmokeStep("s"), MirrorStep(10), WeightStep(10), WeightStep(100))), EMPTY),
        (POLICY, IDLE),
        (TEMPLATE, IDLE),
    ],
    ids=["no deployment", "no endpoint", "mirror and weights are skipped", "like the idle one", "template beside idle"],
)
def test_the_first_deployment_gets_everything_after_its_smoke_test(
    policy: Policy, endpoint: EndpointSeen | None
) -> None:
    """There is no traffic to split and nothing to compare with: smoke test, then 100 percent."""
    world = world_with(policy, endpoint)
    world.until_finished()
    assert world.rollout().phase is Phase.PROMOTED
    assert world.seen.traffic == {GREEN: 100}
    assert world.endpoints.traffic_written == [{GREEN: 100}]


def test_a_first_deployment_gets_nothing_before_the_step_that_gives_it_everything() -> None:
    """A smaller weight is skipped rather than rounded up, so a pause after it comes before any traffic."""
    steps = (SmokeStep("s"), WeightStep(10), PauseStep(), WeightStep(100))
    world = world_with(replace(TEMPLATE, steps=steps), EMPTY)
    world.until(Phase.PAUSED)
    assert (world.seen.traffic, len(world.entries(ReasonCode.STEP_SKIPPED))) == ({}, 1)
    world.ask(Verb.RESUME)
    world.until(Phase.PROMOTED)
    assert world.endpoints.traffic_written == [{GREEN: 100}]


@pytest.mark.parametrize("endpoint", [EMPTY, IDLE], ids=["empty", "idle"])
def test_a_first_deployment_that_fails_its_smoke_test_never_serves(endpoint: EndpointSeen) -> None:
    """It is deleted, and whatever was there before is unchanged."""
    world = World(TEMPLATE)
    world.scoring.statuses[GREEN] = 424
    world.endpoints.seen = {ENDPOINT: endpoint}
    world.register()
    assert world.until_finished().phase is Phase.ROLLED_BACK
    assert world.seen == endpoint
    assert world.endpoints.traffic_written == []


def slept_before_it_served(status: int) -> World:
    """Return a world whose first deployment waited for hours after its smoke test and now answers with this status."""
    world = world_with(replace(TEMPLATE, steps=(SmokeStep("s"), PauseStep())), EMPTY)
    world.until(Phase.PAUSED)
    world.minutes(90)
    world.scoring.statuses = {GREEN: status}
    world.ask(Verb.RESUME)
    return world


def test_a_first_deployment_must_still_answer_when_it_serves() -> None:
    """Its smoke test is hours old, so it must answer the requests again before it is promoted."""
    world = slept_before_it_served(503)
    world.minutes(20)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PROMOTING, {GREEN: 100})
    world.scoring.statuses = {}
    assert world.until(Phase.PROMOTED, within=3)


def test_a_first_deployment_that_cannot_be_asked_is_held() -> None:
    """That it cannot be reached says nothing against it: it keeps its traffic however long that lasts."""
    world = slept_before_it_served(200)
    world.scoring.faults.always = "no route to the endpoint"
    world.minutes(300)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PROMOTING, {GREEN: 100})
    world.scoring.faults.always = ""
    assert world.until(Phase.PROMOTED, within=3)


def test_a_first_deployment_can_be_rolled_back_manually() -> None:
    """An operator can roll it back before it is promoted; then nothing serves, as before."""
    world = world_with(replace(TEMPLATE, steps=(SmokeStep("s"),)), EMPTY)
    for _ in range(10):
        if world.seen.traffic or world.rollout().phase is Phase.PROMOTING:
            break
        world.minutes()
    world.ask(Verb.ROLLBACK)
    assert world.until_finished().phase is Phase.ROLLED_BACK
    assert world.seen.traffic == {}


def served_first(*, paused: bool = True) -> World:
    """Return a world whose first deployment has all traffic, and is paused or being watched."""
    steps = (SmokeStep("s"), WeightStep(100), PauseStep()) if paused else (SmokeStep("s"),)
    world = world_with(replace(TEMPLATE, steps=steps, newer_version="replace"), EMPTY)
    world.until(Phase.PAUSED if paused else Phase.PROMOTING)
    return world


def green_becomes(world: World, green: DeploymentSeen) -> None:
    """Change how Azure shows green."""
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {GREEN: green})


def nobody_resumes(world: World) -> None:
    """Wait until the rollout's deadline has passed."""
    world.minutes(25 * 60)


def azure_calls_it_failed(world: World) -> None:
    """Let Azure call green failed after a scale-out; the running instances still answer."""
    green_becomes(world, replace(world.seen.deployments[GREEN], state=Provisioning.FAILED))


def someone_deploys_a_fix_in_place(world: World) -> None:
    """Have someone deploy another model under the same name."""
    green_becomes(world, replace(world.seen.deployments[GREEN], model="azureml:churn:7fix", by_teal=False))


@pytest.mark.parametrize(
    "happens",
    [nobody_resumes, azure_calls_it_failed, someone_deploys_a_fix_in_place],
)
def test_teal_never_takes_the_traffic_of_a_first_deployment(happens: Callable[[World], None]) -> None:
    """Where Teal would otherwise roll back, the rollout fails and green keeps serving: nothing else could answer."""
    world = served_first()
    happens(world)
    assert world.until(Phase.FAILED).status.reason.code is ReasonCode.NOTHING_TO_RETURN_TO
    world.minutes(60)
    assert (sorted(world.seen.deployments), world.seen.traffic) == ([GREEN], {GREEN: 100})


def test_a_first_deployment_that_fails_a_smoke_request_for_hours_keeps_its_traffic() -> None:
    """It fails one smoke request of three, so it is not promoted, but nothing else could serve."""
    world = served_first(paused=False)
    world.scoring.unlucky = {GREEN: 1}
    assert world.until(Phase.FAILED, within=180).status.reason.code is ReasonCode.NOTHING_TO_RETURN_TO
    world.minutes(60)
    assert (world.seen.traffic, sorted(world.seen.deployments)) == ({GREEN: 100}, [GREEN])


def test_the_version_that_replaces_a_first_deployment_is_rolled_out_next_to_it() -> None:
    """There is never a minute without a serving deployment, and the newer version has a blue to compare with."""
    world = served_first()
    world.register("8", event="e2")  # the policy says `newer_version: replace`
    world.until(Phase.PAUSED, version="8")
    assert (world.seen.traffic, world.rollout("8").blue) == ({"churn-8": 100}, GREEN)
    assert {} not in world.endpoints.traffic_written


def test_a_promoted_first_deployment_is_watched_as_long_as_a_blue_would_be_kept() -> None:
    """Its failures and its recovery are reported, although there is nothing to roll back to."""
    world = world_with(replace(TEMPLATE, steps=(SmokeStep("s"),)), EMPTY)
    world.until(Phase.PROMOTED)
    world.rates = {GREEN: 0.9}
    world.minutes(10)
    world.rates = {}
    world.minutes(16)
    codes = [entry.reason.code for entry in world.entries(ReasonCode.SERVING_UNHEALTHY, ReasonCode.SERVING_HEALTHY)]
    assert (codes, world.rollout().finished) == ([ReasonCode.SERVING_UNHEALTHY, ReasonCode.SERVING_HEALTHY], None)
    with pytest.raises(NotPossible, match="is over"):
        world.ask(Verb.ROLLBACK)
    assert world.until_finished().phase is Phase.PROMOTED


def test_a_promoted_first_deployment_that_loses_all_traffic_is_reported() -> None:
    """Having no traffic was the state before the rollout too, but now an operator chose it."""
    world = world_with(replace(TEMPLATE, steps=(SmokeStep("s"),)), EMPTY)
    world.until(Phase.PROMOTED)
    for traffic in ({}, {GREEN: 100}, {}):
        world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic=traffic)
        world.minutes(12 if not traffic else 2)
    told = [entry.reason.facts["observed_traffic"] for entry in world.entries(ReasonCode.TRAFFIC_LEFT_AFTER_PROMOTION)]
    assert (told, world.seen.traffic) == ([{}, {}], {})


def test_traffic_that_moves_on_from_a_first_deployment_is_no_rollback() -> None:
    """Someone deploys the next version by hand; deleting the first one is up to them."""
    world = world_with(replace(TEMPLATE, steps=(SmokeStep("s"),)), EMPTY)
    world.until(Phase.PROMOTED)
    newer = replace(world.seen.deployments[GREEN], name="newer", model="azureml:churn:9")
    there = world.seen.deployments | {"newer": newer}
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=there, traffic={"newer": 100})
    world.until_finished()
    assert (world.rollout().phase, sorted(world.seen.deployments)) == (Phase.PROMOTED, [GREEN, "newer"])


def test_a_version_that_waits_for_a_first_deployment_begins_when_that_is_promoted() -> None:
    """Watching a promoted deployment delays nothing."""
    world = world_with(replace(TEMPLATE, steps=(SmokeStep("s"),)), EMPTY)
    world.minutes(2)
    world.register("8", event="e2")
    world.until(Phase.PROMOTED)
    world.until(Phase.PROMOTED, version="8", within=20)


def test_a_broken_endpoint_gets_no_first_deployment() -> None:
    """Azure calls the endpoint itself failed: the rollout ends before anything is created, and says so."""
    world = world_with(TEMPLATE, replace(EMPTY, state=Provisioning.FAILED))
    assert world.until(Phase.FAILED).status.reason.code is ReasonCode.ENDPOINT_UNHEALTHY
    assert world.seen.deployments == {}


def test_a_first_deployment_waits_for_what_someone_is_creating() -> None:
    """That one will probably serve; once it does, green is created next to it."""
    creating = replace(IDLE.deployments[BLUE], state=Provisioning.CREATING)
    world = world_with(POLICY, replace(IDLE, deployments={BLUE: creating}))
    world.minutes(5)
    assert (world.rollout().placement, sorted(world.seen.deployments)) == (None, [BLUE])
    world.endpoints.seen[ENDPOINT] = replace(IDLE, traffic={BLUE: 100})
    assert world.until(Phase.STEPPING).blue == BLUE


def test_a_missing_endpoint_is_only_created_if_the_policy_says_so() -> None:
    """Otherwise the rollout ends, and the reason names the endpoint."""
    world = world_with(TEMPLATE, None)
    assert world.until(Phase.FAILED).status.reason.code is ReasonCode.ENDPOINT_MISSING


def test_a_live_source_without_a_deployment_to_copy_is_explained() -> None:
    """The reason for refusing `from: live` on an empty endpoint says what would help."""
    world = world_with(POLICY, EMPTY)
    assert world.until(Phase.FAILED).status.reason.code is ReasonCode.NO_DEPLOYMENT_TO_COPY


def test_an_endpoint_that_cannot_be_created_is_explained() -> None:
    """The reason has Azure's message."""
    world = World(replace(TEMPLATE, create_endpoint=EndpointSpec()))
    world.endpoints.seen = {}
    world.endpoints.refuses["endpoint"] = "QuotaExceeded: 100 endpoints"
    world.register()
    rollout = world.until(Phase.FAILED, Phase.ROLLED_BACK)
    assert any("QuotaExceeded" in entry.reason.facts["message"] for entry in world.entries(ReasonCode.ACTION_REFUSED))
    assert rollout.finished is not None
