"""Checks before anything is created, and the outcome if both deployments turn out to be unhealthy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.observation import DeploymentSeen, Provisioning
from shared.core.phases import Phase
from shared.core.policy import Deadlines, Policy
from shared.core.rollout import ModelVersion, Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import MirrorStep, SmokeStep, WeightStep
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, MINUTE, POLICY, World

C = ReasonCode
SHADOW = replace(POLICY, steps=(SmokeStep("smoke.jsonl"), MirrorStep(30, duration=5 * MINUTE), WeightStep(40)))
HOLDS = replace(POLICY, deadlines=replace(POLICY.deadlines, provisioning=timedelta(minutes=30)))
REPLACES = replace(HOLDS, judge=replace(HOLDS.judge, failing_blue="replace"))


def failing(rate: float, policy: Policy = HOLDS, rpm: int = 300) -> World:
    """Return a world in which blue began to fail ten minutes ago."""
    world = World(policy, rpm=rpm)
    world.rates = {BLUE: rate}
    world.minutes(10)
    return world


def test_nothing_is_created_next_to_a_blue_that_fails_most_requests() -> None:
    """The rollout waits, says so once, and finally fails without having created anything."""
    world = failing(0.7)
    world.register()
    world.minutes(20)
    assert (world.rollout().phase, len(world.entries(C.WAITING_FOR_BLUE))) == (Phase.PROVISIONING, 1)
    failed = world.until(Phase.FAILED)
    assert failed.status.reason.code is C.BLUE_FAILING_AT_START
    assert failed.status.reason.facts["deployment"] == BLUE
    assert list(world.seen.deployments) == [BLUE]


def test_the_rollout_begins_as_soon_as_blue_has_recovered() -> None:
    """An outage when the model is registered costs time, not the rollout."""
    world = failing(0.9)
    world.register()
    world.minutes(5)
    world.rates = {}
    world.until(Phase.PROMOTED, within=120)


@pytest.mark.parametrize(
    ("world", "why"),
    [
        (failing(0.45), "its past may excuse that"),
        (failing(1.0, rpm=1), "so few requests say too little"),
        (failing(0.7, REPLACES), "green may be the fix, says the policy"),
    ],
    ids=["less than half", "few requests", "failing_blue: replace"],
)
def test_a_rollout_starts_next_to_a_blue_that_is_not_clearly_failing(world: World, why: str) -> None:
    """If too little speaks against blue, or green may be the fix, green is created at once."""
    world.register()
    world.minutes(2)
    assert GREEN in world.seen.deployments, why


def test_an_operator_can_start_the_fix() -> None:
    """Whoever starts a rollout by hand is assumed to know how blue performs."""
    world = failing(1.0)
    world.models.registered[ModelVersion("churn", "7")] = {}
    world.reception().start(world.policy, ModelVersion("churn", "7"), "ada@example.com", "fixes the outage")
    world.minutes(2)
    assert GREEN in world.seen.deployments


def test_without_telemetry_nothing_is_known_against_blue() -> None:
    """The rollout begins, but green gets no traffic before telemetry is back."""
    world = failing(1.0)
    world.telemetry.faults.always = "the workspace is away"
    world.register()
    world.minutes(3)
    assert GREEN in world.seen.deployments
    assert GREEN not in world.seen.traffic


@pytest.mark.parametrize("policy", [SHADOW, POLICY], ids=["mirrors", "does not mirror"])
def test_a_mirror_of_somebody_else_is_never_replaced(policy: Policy) -> None:
    """A policy that mirrors is refused before anything is created; any other policy proceeds beside the mirror."""
    world = World(policy)
    seen = world.seen
    theirs = DeploymentSeen("theirs", Provisioning.SUCCEEDED, "azureml:experiment:1")
    deployments = {**seen.deployments, "theirs": theirs}
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments=deployments, mirror={"theirs": 15})
    world.register()
    ended = world.until(Phase.FAILED, Phase.PROMOTED, within=120)
    assert world.seen.mirror == {"theirs": 15}
    if policy is SHADOW:
        assert (ended.status.reason.code, ended.status.reason.facts["mirror"]) == (C.MIRROR_IN_USE, 15)
        assert sorted(world.seen.deployments) == [BLUE, "theirs"]
    else:
        assert ended.phase is Phase.PROMOTED


def sized(left: int | None, instances: int = 2, policy: Policy = HOLDS) -> World:
    """Return a world whose blue has that many instances of four cores, and a quota with that many cores left."""
    world = World(policy)
    blue = replace(world.seen.deployments[BLUE], instances=instances, instance_type="Standard_DS3_v2")
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments={BLUE: blue})
    world.endpoints.cores_left = left
    return world


def test_nothing_is_created_that_does_not_fit_into_the_quota() -> None:
    """Azure reserves 20 % more, so two four-core instances need three times four cores; eleven are too few."""
    world = sized(11)
    world.register()
    world.minutes(20)
    assert (world.rollout().phase, len(world.entries(C.WAITING_FOR_QUOTA))) == (Phase.PROVISIONING, 1)
    failed = world.until(Phase.FAILED)
    facts = failed.status.reason.facts
    assert failed.status.reason.code is C.QUOTA_INSUFFICIENT
    assert (facts["instances"], facts["cores"], facts["cores_left"]) == (2, 12, 11)
    assert list(world.seen.deployments) == [BLUE]


def test_the_rollout_begins_when_there_is_quota_again() -> None:
    """The blue of the last rollout is still being deleted when the next one starts."""
    world = sized(0)
    world.register()
    world.minutes(4)
    world.endpoints.cores_left = 12
    world.until(Phase.STEPPING)


@pytest.mark.parametrize("left", [12, None], ids=["just enough", "unlimited"])
def test_what_fits_is_created(left: int | None) -> None:
    """And the history does not mention the quota."""
    world = sized(left)
    world.register()
    world.until(Phase.STEPPING)
    (creating,) = world.entries(C.CREATING_GREEN)
    assert "message" not in creating.reason.facts


def test_a_quota_that_cannot_be_read_is_no_reason_to_refuse() -> None:
    """The history says that it was not checked, and why."""
    world = sized(0)
    world.endpoints.quota_unknown = "403: may not read locations/usages"
    world.register()
    world.until(Phase.STEPPING)
    (creating,) = world.entries(C.CREATING_GREEN)
    assert "locations/usages" in creating.reason.facts["message"]


def test_an_operator_starts_beyond_the_quota() -> None:
    """Azure decides, because its reported usage may be out of date."""
    world = sized(0)
    world.models.registered[ModelVersion("churn", "7")] = {}
    world.reception().start(world.policy, ModelVersion("churn", "7"), "ada@example.com", "there is quota")
    world.until(Phase.STEPPING)


def test_if_both_are_unhealthy_the_better_one_keeps_serving() -> None:
    """Blue fails everything and green, with all traffic, a fifth: green stays, and the outcome has its own reason."""
    deadlines = Deadlines(provisioning=timedelta(minutes=20), rollback=timedelta(minutes=25))
    settled = replace(POLICY.judge, risk=replace(POLICY.judge.risk, settled_minutes=9))
    world = World(replace(POLICY, deadlines=deadlines, judge=settled))
    world.register()
    world.until(Phase.PROMOTING)
    while world.seen.traffic != {GREEN: 100}:
        world.minutes()
    world.scoring.statuses, world.rates = {BLUE: 502}, {BLUE: 1.0, GREEN: 0.2}
    world.until(Phase.ROLLING_BACK, within=20)
    world.minutes(5)
    (noted,) = world.entries(C.BOTH_UNHEALTHY)
    assert (noted.reason.facts["deployment"], noted.reason.facts["other"]) == (BLUE, GREEN)
    failed = world.until(Phase.FAILED)
    assert failed.status.reason.because is not None
    assert failed.status.reason.because.code is C.BOTH_UNHEALTHY
    world.minutes(60)
    assert (world.seen.traffic, sorted(world.seen.deployments)) == ({GREEN: 100}, [BLUE, GREEN])


def test_a_healthy_green_next_to_a_failing_blue_is_another_outcome() -> None:
    """An operator asks for a rollback, and only blue is unhealthy."""
    world = World()
    world.register()
    world.until_weight(50)
    world.rates = {BLUE: 1.0}
    world.minutes(3)
    world.ask(Verb.ROLLBACK)
    world.minutes(4)
    assert (len(world.entries(C.BLUE_UNHEALTHY)), world.entries(C.BOTH_UNHEALTHY)) == (1, [])
