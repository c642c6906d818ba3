"""Models that are not simply registered in the workspace: in a registry, archived, or inside an image."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from shared.core.admission.events import MODEL_REGISTERED
from shared.core.observation import DeploymentSeen, Provisioning
from shared.core.phases import Phase
from shared.core.policy import ModelSelector
from shared.core.reconcile.actions import CreateDeployment
from shared.core.rollout import ModelVersion
from shared.core.rollout.reasons import ReasonCode
from shared.errors import Unregistered
from shared.intake import IntakeResult
from shared.words import sentence
from tests.fakes import FakeEndpoints
from tests.scenarios.world import BLUE, ENDPOINT, POLICY, World

VERSION = ModelVersion("churn", "7")
SHARED = replace(POLICY, models=(ModelSelector("churn", registry="shared"),))


@dataclass
class Recorded(FakeEndpoints):
    """Endpoints that record the orders for new deployments. created: these orders."""

    created: list[CreateDeployment] = field(default_factory=list)

    def create_deployment(self, action: CreateDeployment) -> None:
        self.created.append(action)
        super().create_deployment(action)


def recorded(world: World) -> Recorded:
    """Make the world's endpoints record the orders for new deployments, and return them."""
    world.endpoints = Recorded(dict(world.endpoints.seen))
    return world.endpoints


def test_an_operator_starts_a_version_of_a_registry() -> None:
    """The workspace does not know the version; green is created from the registry and promoted like any other."""
    world = World(policy=SHARED)
    endpoints = recorded(world)
    world.reception().start(SHARED, VERSION, "ada@example.com", "shared today")
    world.until(Phase.PROMOTED, within=120)
    assert [order.registry for order in endpoints.created] == ["shared"]


def test_a_version_of_the_workspace_is_not_the_registry_s() -> None:
    """A model of the same name in the workspace starts nothing on an endpoint that serves the registry's."""
    world = World(policy=SHARED)
    endpoints = recorded(world)
    assert world.register() is IntakeResult.IGNORED
    world.minutes(5)
    assert endpoints.created == []


def test_a_version_that_the_workspace_lacks_is_not_started() -> None:
    """If the policy names no registry, the version must be in the workspace."""
    world = World()
    with pytest.raises(Unregistered):
        world.reception().start(POLICY, VERSION, "ada@example.com", "a typo")


def test_an_archived_version_starts_nothing_by_itself() -> None:
    """Its event comes late, and someone has archived it since; an operator can start it nevertheless."""
    world = World()
    world.models.registered[VERSION] = {}
    world.models.hidden.add(VERSION)
    data = {"ModelName": "churn", "ModelVersion": "7"}
    (outcome,) = world.reception().event(MODEL_REGISTERED, "models/churn:7", "", "e1", data)
    assert (outcome.intake, outcome.reason.code) == (IntakeResult.IGNORED, ReasonCode.MODEL_ARCHIVED)
    world.reception().start(POLICY, VERSION, "ada@example.com", "on purpose")
    world.until(Phase.PROMOTED, within=120)


def test_archiving_during_the_rollout_changes_nothing() -> None:
    """Azure keeps serving an archived version, and so does Teal."""
    world = World()
    world.register()
    world.until_weight(10)
    world.models.hidden.add(VERSION)
    world.until(Phase.PROMOTED, within=120)


def test_tags_that_come_after_the_registration_start_nothing() -> None:
    """MLflow clients often set tags later. The event has none, so a policy that needs tags does not start by itself."""
    tagged = replace(POLICY, models=(ModelSelector("churn", {"stage": "prod"}),))
    world = World(policy=tagged)
    world.models.registered[VERSION] = {"stage": "prod"}
    data = {"ModelName": "churn", "ModelVersion": 7, "ModelTags": {}}
    (outcome,) = world.reception().event(MODEL_REGISTERED, "models/churn:7", "", "e1", data)
    assert (outcome.intake, outcome.reason.code) == (IntakeResult.IGNORED, ReasonCode.NO_POLICY)
    world.reception().start(tagged, VERSION, "ada@example.com", "tagged by now")
    world.until(Phase.PROMOTED, within=120)


@pytest.mark.parametrize(
    "model",
    [
        pytest.param("azureml://registries/shared/models/churn/versions/7", id="from a registry"),
        pytest.param("azureml:churn:7", id="by the tag of a packaged model"),
    ],
)
def test_a_version_that_serves_already_is_not_deployed_again(model: str) -> None:
    """A twin that someone deployed is recognized, whichever way it refers to the version."""
    world = World()
    seen = world.seen
    twin = DeploymentSeen("by-hand", Provisioning.SUCCEEDED, model, 1)
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments={**seen.deployments, "by-hand": twin})
    world.register()
    world.until(Phase.SUPERSEDED, within=5)
    assert world.rollout().status.reason.code is ReasonCode.ALREADY_DEPLOYED
    assert "outside" not in sentence(world.rollout().status.reason)  # a rollout may have kept it
    assert world.seen.traffic == {BLUE: 100}
