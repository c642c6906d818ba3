"""One app serves several workspaces: endpoints with the same name in two of them are two endpoints."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from shared.controller import Controller
from shared.core.admission.events import MODEL_REGISTERED
from shared.core.endpoint_id import EndpointId
from shared.core.phases import Phase
from shared.core.policy import Policy
from shared.core.rollout import ModelVersion, OperatorRequest, Rollout, Verb
from shared.core.rollout.reasons import ReasonCode
from shared.errors import Unregistered
from shared.intake import Intake, IntakeResult, Outcome
from shared.workspaces import Workspaces
from tests.fakes import FakeClock, FakePolicies, FakeStore, FakeWakeups
from tests.scenarios.world import ENDPOINT, MIDNIGHT, MINUTE, POLICY, World

EAST, WEST = EndpointId("ml-east", ENDPOINT), EndpointId("ml-west", ENDPOINT)
REGION = "/subscriptions/{0}/resourceGroups/{0}/providers/Microsoft.MachineLearningServices/workspaces/ML-{0}"
IDS = {EAST: REGION.format("East"), WEST: REGION.format("West")}
VERSION = ModelVersion("churn", "7")


@dataclass
class Company:
    """Two workspaces with an endpoint each, both called churn, and one Teal."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(MIDNIGHT))
    store: FakeStore = field(default_factory=FakeStore)
    wakeups: FakeWakeups = field(default_factory=FakeWakeups)
    worlds: dict[EndpointId, World] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for endpoint in (EAST, WEST):
            self.worlds[endpoint] = World(policy_of(endpoint), clock=self.clock, store=self.store)

    @property
    def workspaces(self) -> Workspaces:
        east, west = (replace(world.workspaces.own, arm_id=IDS[endpoint]) for endpoint, world in self.worlds.items())
        return Workspaces(east, (west,))

    @property
    def intake(self) -> Intake:
        policies = FakePolicies(tuple(map(policy_of, self.worlds)))
        return Intake(self.store, self.workspaces, policies, self.wakeups, self.clock)

    def controller(self, workspaces: Workspaces | None = None) -> Controller:
        return Controller(self.store, workspaces or self.workspaces, self.wakeups, self.clock, "one")

    def registered(self, topic: str) -> tuple[Outcome, ...]:
        """Have Event Grid report version 7 from a workspace."""
        data = {"modelName": "churn", "modelVersion": "7", "modelTags": {}}
        return self.intake.event(MODEL_REGISTERED, "models/churn:7", topic, "e1", data)

    def minutes(self, count: int) -> None:
        """Let time pass in both workspaces."""
        for _ in range(count):
            for world in self.worlds.values():
                world.log_traffic()
            self.clock.pass_(MINUTE)
            for world in self.worlds.values():
                world.endpoints.finish()
            for endpoint in self.controller().tick():
                self.controller().reconcile(endpoint)
            while self.wakeups.woken:
                self.controller().reconcile(self.wakeups.woken.pop(0))

    def rollout(self, endpoint: EndpointId) -> Rollout:
        (rollout,) = self.store.rollouts(endpoint)
        return rollout


def policy_of(endpoint: EndpointId) -> Policy:
    """Return the policy of an endpoint."""
    return replace(POLICY, workspace=endpoint.workspace)


@pytest.mark.parametrize(("endpoint", "other"), [(EAST, WEST), (WEST, EAST)])
def test_an_event_starts_a_rollout_in_its_own_workspace_only(endpoint: EndpointId, other: EndpointId) -> None:
    """The topic names the workspace, in any case; what serves in the other one stays untouched."""
    company = Company()
    (outcome,) = company.registered(IDS[endpoint].upper())
    assert (outcome.intake, outcome.endpoint) == (IntakeResult.STARTED, endpoint)
    company.minutes(150)
    assert company.rollout(endpoint).phase is Phase.PROMOTED
    assert company.worlds[endpoint].seen.traffic == {"churn-7": 100}
    assert company.store.rollouts(other) == ()
    assert company.worlds[other].seen.traffic == {"churn-6": 100}


def test_a_bad_version_is_rolled_back_where_it_is_bad() -> None:
    """Both workspaces get version 7 at once; each endpoint is judged by its own requests."""
    company = Company()
    company.worlds[WEST].rates["churn-7"] = 0.3
    for topic in IDS.values():
        company.registered(topic)
    company.minutes(150)
    assert company.rollout(EAST).phase is Phase.PROMOTED
    assert company.rollout(WEST).phase is Phase.ROLLED_BACK
    assert company.rollout(EAST).id != company.rollout(WEST).id


def test_an_operator_asks_one_of_two_endpoints_with_one_name() -> None:
    """The other endpoint's rollout continues."""
    company = Company()
    for topic in IDS.values():
        company.registered(topic)
    company.minutes(5)
    request = OperatorRequest(Verb.ROLLBACK, "ada@example.com", "because", company.clock())
    assert company.controller().request(WEST, request) is not None
    company.minutes(2)
    assert (company.rollout(EAST).phase, company.rollout(WEST).phase) == (Phase.STEPPING, Phase.ROLLED_BACK)


def test_an_event_of_a_workspace_that_is_not_served_is_ignored() -> None:
    """Someone has subscribed a workspace too many; the log names it."""
    company = Company()
    (outcome,) = company.registered(REGION.format("north"))
    assert (outcome.intake, outcome.reason.code) == (IntakeResult.IGNORED, ReasonCode.OTHER_WORKSPACE)
    assert outcome.reason.facts["workspace"] == REGION.format("north")


def test_a_version_is_looked_up_in_the_workspace_of_its_policy() -> None:
    """A model that exists in another workspace is not registered here."""
    company = Company()
    company.worlds[EAST].models.registered[VERSION] = {}
    assert company.intake.start(policy_of(EAST), VERSION, "ada@example.com", "because").endpoint == EAST
    with pytest.raises(Unregistered):
        company.intake.start(policy_of(WEST), VERSION, "ada@example.com", "because")


def test_a_rollout_in_a_workspace_no_longer_served_says_so_and_affects_no_other() -> None:
    """A setting was changed too early: the record names the problem, and the rollout continues once it is corrected."""
    company = Company()
    for topic in IDS.values():
        company.registered(topic)
    company.minutes(5)
    company.controller(Workspaces(company.workspaces.own)).reconcile(WEST)
    problem = company.rollout(WEST).observed.endpoint_problem
    assert problem == "this app serves no workspace 'ml-west'; it serves ml-east"
    company.minutes(150)
    assert [company.rollout(endpoint).phase for endpoint in (EAST, WEST)] == [Phase.PROMOTED, Phase.PROMOTED]
