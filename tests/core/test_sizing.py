"""The size of the green that is about to be created: one row per policy and endpoint."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.observation import DeploymentSeen, EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.policy import Capacity, LiveSource, TemplateSource
from shared.core.reconcile.capacity import blue_is_small
from shared.core.reconcile.placing import with_blue_instances
from shared.core.reconcile.sizing import Sizing, reserved, sizing
from shared.core.rollout import Beside, Rollout
from tests.core.rollouts import ALL_BLUE, BLUE, POLICY, endpoint, rollout

WAITING = replace(rollout(Phase.PROVISIONING), placement=None, green="fresh")
SMALL, LARGE = "Standard_F2s_v2", "Standard_E8s_v3"
FILE = "deployments/churn.yml"


def serving(**traffic: int) -> EndpointSeen:
    """Return an endpoint whose deployments have seven small instances each."""
    seen = {
        name: DeploymentSeen(name, Provisioning.SUCCEEDED, "azureml:churn:5", 7, instance_type=SMALL)
        for name in traffic
    }
    live = {name: share for name, share in traffic.items() if share}
    return EndpointSeen("churn", Provisioning.SUCCEEDED, live, {}, seen)


def with_policy(source: LiveSource | TemplateSource | None = None, green: object = "same") -> Rollout:
    """Return a rollout that waits for its placement, with this source and instance count."""
    capacity = Capacity(green=green)  # type: ignore[arg-type]
    return replace(WAITING, policy=replace(POLICY, source=source or LiveSource(), capacity=capacity))


ONE = serving(old=100)


@pytest.mark.parametrize(
    ("waiting", "endpoint", "expected"),
    [
        (with_policy(), ONE, Sizing(SMALL, 7)),
        (with_policy(LiveSource(LARGE)), ONE, Sizing(LARGE, 7)),
        (with_policy(green=3), ONE, Sizing(SMALL, 3)),
        (with_policy(green="proportional"), ONE, Sizing(SMALL, 7)),
        (with_policy(), serving(idle=0), Sizing(SMALL, 7)),
        (with_policy(TemplateSource(FILE)), ONE, Sizing(None, None, FILE)),
        (with_policy(TemplateSource(FILE, LARGE), 4), ONE, Sizing(LARGE, 4, FILE)),
        (with_policy(TemplateSource(FILE), 4), serving(), Sizing(None, 4, FILE)),
        (with_policy(TemplateSource(FILE), "proportional"), ONE, Sizing(None, 7, FILE)),
    ],
    ids=[
        "a copy", "another type", "a number", "counted when full", "a copy of an idle one", "a template",
        "a template with sizes in the policy", "a template for the first", "a template that grows",
    ],
)  # fmt: skip
def test_the_size_is_what_will_be_created(waiting: Rollout, endpoint: EndpointSeen, expected: Sizing) -> None:
    """None means that only the template says it."""
    assert sizing(waiting, endpoint) == expected


@pytest.mark.parametrize(
    ("waiting", "endpoint"),
    [
        (rollout(Phase.PROVISIONING), ONE),
        (rollout(Phase.STEPPING), ONE),
        (with_policy(), serving()),
        (with_policy(), replace(ONE, kubernetes=True)),
        (with_policy(), replace(ONE, state=Provisioning.UPDATING)),
        (with_policy(), serving(fresh=0, old=100)),
        (with_policy(), replace(ONE, deployments={"old": replace(ONE.deployments["old"], instance_type="")})),
        (with_policy(), replace(ONE, deployments={"old": replace(ONE.deployments["old"], instances=None)})),
    ],
    ids=[
        "placed",
        "created",
        "nothing to copy",
        "Kubernetes",
        "busy",
        "there already",
        "type unknown",
        "count unknown",
    ],
)
def test_nothing_is_asked_otherwise(waiting: Rollout, endpoint: EndpointSeen) -> None:
    """Nothing is about to be created, it needs no quota, or its size is unknown."""
    assert sizing(waiting, endpoint) is None


@pytest.mark.parametrize(("instances", "cores"), [(1, 2), (4, 5), (5, 6), (6, 8), (10, 12), (50, 60)])
def test_azure_reserves_a_fifth_more(instances: int, cores: int) -> None:
    """The reserve is rounded up to whole instances."""
    assert reserved(instances) == cores


def blue_with(instances: int, state: Provisioning = Provisioning.SUCCEEDED) -> EndpointSeen:
    """Return an endpoint on which blue has this many instances and all traffic."""
    look = endpoint(ALL_BLUE)
    blue = replace(look.deployments[BLUE], instances=instances, state=state)
    return replace(look, deployments=look.deployments | {BLUE: blue})


FOUR = Beside(BLUE, instances=4)


@pytest.mark.parametrize(
    ("given", "look", "known"),
    [
        (rollout(Phase.STEPPING, placement=FOUR), blue_with(6), 6),
        (rollout(Phase.STEPPING, placement=FOUR), blue_with(6, Provisioning.SCALING), 4),
        (rollout(Phase.ROLLING_BACK, placement=FOUR, blue_scaled_down=True), blue_with(1), 4),
        (rollout(Phase.ROLLED_BACK, placement=FOUR), blue_with(1), 4),
    ],
    ids=["it serves with six", "it is being scaled", "it was scaled down", "the rollout is over"],
)
def test_blues_size_is_what_it_serves_with(given: Rollout, look: EndpointSeen, known: int) -> None:
    """Not the count it is being scaled to, nor a reduced one: blue must be able to serve everything again."""
    assert with_blue_instances(given, look).blue_instances == known


@pytest.mark.parametrize(
    ("look", "small"),
    [
        (blue_with(4), False),
        (blue_with(4, Provisioning.SCALING), True),
        (blue_with(1), True),
    ],
    ids=["grown", "growing", "small"],
)
def test_blue_is_small_until_it_has_grown(look: EndpointSeen, *, small: bool) -> None:
    """Azure shows the ordered count before the instances exist."""
    given = rollout(Phase.ROLLING_BACK, placement=FOUR, blue_scaled_down=True, blue_scaled_up=True)
    assert blue_is_small(given, look) is small
