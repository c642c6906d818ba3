"""A small in-memory world for scenarios: one serving endpoint, a clock, logged traffic, and Teal.

Time passes in minutes: traffic is split and logged, Azure finishes what was ordered, and Teal ticks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from shared.controller import Controller
from shared.core.admission.events import MODEL_REGISTERED
from shared.core.endpoint_id import EndpointId
from shared.core.observation import DeploymentMinute, DeploymentSeen, EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.policy import Deadlines, JudgeSettings, ModelSelector, Policy
from shared.core.rollout import ModelVersion, OperatorRequest, Rollout, Verb
from shared.core.rollout.history import Entry
from shared.core.rollout.reasons import ReasonCode
from shared.core.rollout.requests import ANY, Address
from shared.core.steps import SmokeStep, WeightStep
from shared.intake import Intake, IntakeResult
from shared.observer import Observer
from shared.ports import Policies
from shared.words import sentence
from shared.workspaces import Workspace, Workspaces
from tests.fake_telemetry import FakeTelemetry
from tests.fakes import (
    FakeBacklog,
    FakeClock,
    FakeEndpoints,
    FakeModels,
    FakePolicies,
    FakeScoring,
    FakeStore,
    FakeWakeups,
)
from tests.scenarios.conduct import Conduct
from tests.scenarios.flat_rollout import FlatRollout

MINUTE = timedelta(minutes=1)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
ENDPOINT = "churn"
CHURN = EndpointId("w", ENDPOINT)
BLUE, GREEN = "churn-6", "churn-7"
WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
POLICY = Policy(
    endpoint=ENDPOINT,
    models=(ModelSelector("churn"),),
    steps=(SmokeStep("smoke.jsonl"), WeightStep(10), WeightStep(50)),
    judge=JudgeSettings(telemetry_lag=MINUTE, patience=timedelta(minutes=30), history=timedelta(hours=1)),
    deadlines=Deadlines(provisioning=timedelta(minutes=20), rollback=timedelta(minutes=15)),
    keep_blue=timedelta(minutes=30),
    workspace=CHURN.workspace,
)
ROUNDS = 25


def serving(name: str = BLUE, model: str = "azureml:churn:6") -> EndpointSeen:
    """Return an endpoint on which one deployment has all live traffic."""
    deployment = DeploymentSeen(name, Provisioning.SUCCEEDED, model)
    return EndpointSeen(ENDPOINT, Provisioning.SUCCEEDED, traffic={name: 100}, deployments={name: deployment})


@dataclass
class World:
    """One endpoint and Teal.

    rpm: requests a minute. rates: share of requests that a deployment fails. conduct: how it answers otherwise.
    addressed: additional requests a minute that name a deployment. avoided: deployments that nobody calls, whatever
    their weight; their share of the requests is dropped. leaning: green's requests as a multiple of what its weight
    should bring.
    """

    policy: Policy = POLICY
    rpm: int = 6000
    rates: dict[str, float] = field(default_factory=dict)
    conduct: dict[str, Conduct] = field(default_factory=dict)
    avoided: set[str] = field(default_factory=set)
    addressed: dict[str, int] = field(default_factory=dict)
    leaning: float = 1.0
    clock: FakeClock = field(default_factory=lambda: FakeClock(MIDNIGHT))
    store: FakeStore = field(default_factory=FakeStore)
    endpoints: FakeEndpoints = field(default_factory=lambda: FakeEndpoints(seen={ENDPOINT: serving()}, slow=True))
    telemetry: FakeTelemetry = field(default_factory=FakeTelemetry)
    scoring: FakeScoring = field(default_factory=FakeScoring)
    models: FakeModels = field(default_factory=FakeModels)
    wakeups: FakeWakeups = field(default_factory=FakeWakeups)
    backlog: FakeBacklog = field(default_factory=FakeBacklog)

    def __post_init__(self) -> None:
        self.scoring.answered = self._log_smoke
        self.telemetry.rows += [self._row(BLUE, MIDNIGHT - n * MINUTE, self.rpm) for n in range(60, 0, -1)]

    @property
    def known_policies(self) -> Policies:
        """The policies that the app has read."""
        return FakePolicies((self.policy,))

    @property
    def workspaces(self) -> Workspaces:
        """The workspace of the endpoint; it has no name if the policy names none, as in external scripts."""
        observer = Observer(self.endpoints, self.telemetry, self.scoring, self.known_policies)
        return Workspaces(Workspace(self.policy.workspace, WORKSPACE, self.endpoints, self.models, observer))

    def controller(self, holder: str = "one") -> Controller:
        """Return a process that reconciles."""
        return Controller(self.store, self.workspaces, self.wakeups, self.clock, holder)

    def reception(self) -> Intake:
        """Return a process that takes in events."""
        return Intake(self.store, self.workspaces, self.known_policies, self.wakeups, self.clock)

    def register(self, version: str = "7", event: str = "e1") -> IntakeResult:
        """Register a version of the model, and have Event Grid say so once."""
        self.models.registered[ModelVersion("churn", version)] = {}
        data = {"modelName": "churn", "modelVersion": version, "modelTags": {}}
        (outcome,) = self.reception().event(MODEL_REGISTERED, f"models/churn:{version}", WORKSPACE, event, data)
        return outcome.intake

    def ask(
        self,
        verb: Verb,
        reason: str = "because",
        by: str = "ada@example.com",
        *,
        full: bool = False,
        address: Address = ANY,
    ) -> None:
        """Have an operator send a request for the endpoint's rollout. full: promote all the way."""
        request = OperatorRequest(verb, by, reason, self.clock(), full=full)
        assert self.controller().request(self.policy.endpoint_id, request, address) is not None

    def minutes(self, count: int = 1) -> None:
        """Let time pass."""
        for _ in range(count):
            self.log_traffic()
            self.clock.pass_(MINUTE)
            self.endpoints.finish()
            self.controller().tick()
            self.settle()

    def settle(self) -> None:
        """Process wake-ups until there are none; a loop that never settles is a defect."""
        for _ in range(ROUNDS):
            if not self.wakeups.woken:
                return
            names = dict.fromkeys(self.wakeups.woken)
            self.wakeups.woken.clear()
            for name in names:
                self.controller().reconcile(name)
        raise AssertionError(f"still awake after {ROUNDS} rounds:\n{self.told()}")

    def until(self, *phases: Phase, within: int = 60, version: str = "7") -> Rollout:
        """Let time pass until the version's rollout is in one of these phases, and return it."""
        for _ in range(within + 1):
            if self.rollout(version).phase in phases:
                return self.rollout(version)
            self.minutes()
        raise AssertionError(f"not {phases} within {within} minutes:\n{self.told(version)}")

    def until_weight(self, weight: int, version: str = "7") -> Rollout:
        """Let time pass until green is seen to have this share of the live traffic."""
        for _ in range(60):
            rollout = self.rollout(version)
            if rollout.traffic.weight == weight and rollout.traffic.steady_since is not None:
                return rollout
            self.minutes()
        raise AssertionError(f"never seen at {weight} %:\n{self.told(version)}")

    def until_mirrored(self, percent: int) -> None:
        """Let time pass until Teal has seen this share of the live traffic mirrored to green."""
        for _ in range(30):
            plan = self.rollout().traffic
            if plan.mirror == percent and plan.steady_since is not None:
                return
            self.minutes()
        raise AssertionError(f"never mirrored {percent} %:\n{self.told()}")

    def until_instances(self, count: int, name: str = BLUE) -> None:
        """Let time pass until a deployment is seen with this many instances."""
        for _ in range(30):
            if self.seen.instances(name) == count:
                return
            self.minutes()
        raise AssertionError(f"{name} never has {count} instances:\n{self.told()}")

    def until_finished(self, version: str = "7", within: int = 180) -> Rollout:
        """Let time pass until the version's rollout has nothing left to do, and return it."""
        for _ in range(within + 1):
            if self.rollout(version).finished is not None:
                return self.rollout(version)
            self.minutes()
        raise AssertionError(f"not finished within {within} minutes:\n{self.told(version)}")

    def until_cleaned(self, version: str = "7", within: int = 60) -> None:
        """Let time pass until the version's rollout has nothing left to do but watch what serves."""
        for _ in range(within + 1):
            if self.rollout(version).over:
                return
            self.minutes()
        raise AssertionError(f"not cleaned up within {within} minutes:\n{self.told(version)}")

    def rollout(self, version: str = "7") -> FlatRollout:
        """Return the newest rollout of a version."""
        found = [r for r in self.store.rollouts(self.policy.endpoint_id) if r.model.version == version]
        return FlatRollout.of(max(found, key=lambda rollout: rollout.green))

    def history(self, version: str = "7") -> Sequence[Entry]:
        """Return the history of the version's rollout."""
        return self.store.history(self.policy.endpoint_id, self.rollout(version).id)

    def entries(self, *codes: ReasonCode, version: str = "7") -> list[Entry]:
        """Return the history entries with any of these reason codes, oldest first."""
        return [entry for entry in self.history(version) if entry.reason.code in codes]

    def told(self, version: str = "7") -> str:
        """Return the history as text."""
        return "\n".join(
            f"{e.at:%H:%M} {e.before} -> {e.after} {e.actor}: {sentence(e.reason)}" for e in self.history(version)
        )

    @property
    def seen(self) -> EndpointSeen:
        """The endpoint as Azure shows it now."""
        return self.endpoints.seen[ENDPOINT]

    def log_traffic(self) -> None:
        """Log the requests of the minute that begins now, split as Azure shows the endpoint."""
        if ENDPOINT not in self.endpoints.seen:
            return
        minute = self.clock.now.replace(second=0)
        for name, share in (self.seen.traffic | self.seen.mirror).items():
            leaning = self.leaning if name == GREEN and share < 100 else 1.0
            total = 0 if name in self.avoided else int(self.rpm * share // 100 * leaning)
            named = self.addressed.get(name, 0)
            if total + named:
                row = self._row(name, minute, total + named)
                self.telemetry.rows.append(replace(row, addressed=named) if named else row)

    def _log_smoke(self, name: str, requests: int) -> None:
        """Log the smoke test on an endpoint without other requests; otherwise it makes no difference."""
        if not self.rpm:
            self.telemetry.rows.append(DeploymentMinute(name, self.clock.now.replace(second=0), requests, 0))

    def _row(self, name: str, minute: datetime, total: int) -> DeploymentMinute:
        return self.conduct.get(name, Conduct()).row(name, minute, total, self.rates.get(name, 0.0))
