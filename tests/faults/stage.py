"""The environment in which a schedule runs: one endpoint in an unreliable Azure, and Teal's processes.

True time is the world's clock, which Azure and its logs use. Hosts' clocks can be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from shared.core.observation import DeploymentSeen, EndpointSeen
from shared.core.rollout import ModelVersion
from tests.fakes import FakeClock, FakePolicies, FakeStore
from tests.faults.ledger import Ledger, Order
from tests.faults.processes import Fault, Process, watched_port
from tests.faults.recipes import USUAL, Recipe
from tests.faults.unreliable import Delivery, UnreliableEndpoints, UnreliableScoring, UnreliableTelemetry
from tests.scenarios.conduct import Conduct
from tests.scenarios.world import BLUE, CHURN, ENDPOINT, MIDNIGHT, MINUTE, World, serving

VERSIONS = ("5", "7", "8", "9")
INSTANCES = 10
ROUNDS = 25
Faults = Mapping[int, Fault]
NO_FAULTS: Faults = {}
Span = tuple[datetime, datetime | None]  # None: it has not ended


@dataclass(frozen=True, slots=True)
class Objection:
    """An invariant that was violated, and what happened."""

    invariant: str
    what: str
    at: datetime


@dataclass
class UnreliableWorld(World):
    """A world whose policies can become invalid. policies: what the app has read."""

    policies: FakePolicies = field(default_factory=FakePolicies)

    @property
    def known_policies(self) -> FakePolicies:
        self.policies.policies = (self.policy,)
        return self.policies

    def watched(self, process: Process, name: str) -> Any:  # noqa: ANN401 -- whichever port it is
        """Return a port by its name, as a process sees it."""
        return watched_port(process, name)

    def close(self) -> None:
        """Free what this world holds."""


def standing(recipe: Recipe) -> EndpointSeen:
    """Return the endpoint with which a schedule for this recipe begins."""
    seen = serving()
    deployments = {name: replace(each, instances=INSTANCES) for name, each in seen.deployments.items()}
    return replace(seen, deployments=deployments, traffic=seen.traffic if recipe.serves else {})


def usual_conduct(recipe: Recipe) -> dict[str, Conduct]:
    """Return how every deployment answers at first."""
    conduct = replace(USUAL, percentiles=recipe.policy.judge.latency_from == "metrics")
    return dict.fromkeys((BLUE, *(f"churn-{version}" for version in VERSIONS)), conduct)


def unreliable_world(recipe: Recipe) -> UnreliableWorld:
    """Return the world in which a schedule for this recipe begins."""
    clock = FakeClock(MIDNIGHT)
    return UnreliableWorld(
        policy=recipe.policy,
        conduct=usual_conduct(recipe),
        clock=clock,
        store=FakeStore(),
        endpoints=UnreliableEndpoints(seen={ENDPOINT: standing(recipe)}, slow=True),
        telemetry=UnreliableTelemetry(clock=clock),
        scoring=UnreliableScoring(),
    )


MakeWorld = Callable[[Recipe], UnreliableWorld]


@dataclass
class Stage:
    """The state of a run, which events change.

    swift: whether Azure finishes orders within a minute. rates: failure rate of each deployment by itself; incident: of
    all of them together. surge: in a surge, the share of requests that all of them refuse. slower: by what factor all
    of them take longer than usual. conduct: how each answers by itself. offset: by how much the hosts' clocks are
    wrong. suspended: processes stopped in the middle of their work. incidents, surges, slowdowns: from when to when
    everything failed, was overloaded, was slow.
    """

    recipe: Recipe
    world: UnreliableWorld
    ledger: Ledger
    swift: bool = True
    rates: dict[str, float] = field(default_factory=dict)
    incident: float = 0.0
    surge: float = 0.0
    slower: float = 1.0
    conduct: dict[str, Conduct] = field(default_factory=dict)
    offset: timedelta = timedelta(0)
    suspended: list[Process] = field(default_factory=list)
    objections: list[Objection] = field(default_factory=list)
    started: int = 0
    asked: int = 0
    incidents: list[Span] = field(default_factory=list)
    surges: list[Span] = field(default_factory=list)
    slowdowns: list[Span] = field(default_factory=list)

    @property
    def azure(self) -> UnreliableEndpoints:
        """The endpoints."""
        assert isinstance(self.world.endpoints, UnreliableEndpoints)
        return self.world.endpoints

    @property
    def telemetry(self) -> UnreliableTelemetry:
        """The log."""
        assert isinstance(self.world.telemetry, UnreliableTelemetry)
        return self.world.telemetry

    def now(self) -> datetime:
        """Return the time on the hosts' clocks."""
        return self.world.clock() + self.offset

    @property
    def idle(self) -> bool:
        """Whether neither Teal nor Azure has anything to do, so that a minute changes nothing but the time."""
        waiting = self.world.wakeups.woken or self.azure.pending or self.suspended
        return not (waiting or self.world.store.open_endpoints())

    @property
    def ended(self) -> bool:
        """Whether every rollout has ended and Azure has nothing to do, so that only cleaning up may be left."""
        return not (self.azure.pending or any(rollout.open for rollout in self.world.store.rollouts(CHURN)))

    def objects(self, invariant: str, what: str) -> None:
        """Record a violation."""
        self.objections.append(Objection(invariant, what, self.world.clock()))

    def process(self, name: str, work: Callable[[Process], object], faults: Faults = NO_FAULTS) -> Process:
        """Return a process that has not started."""
        self.started += 1
        name, watch = f"{name}-{self.started}", self.world.watched
        return Process(name, self.world, self.now, self.ledger, work, faults=faults, watch=watch)

    def ticking(self, faults: Faults = NO_FAULTS) -> Process:
        """Return a process in which the timer fires."""
        return self.process("timer", lambda process: process.controller().tick(), faults)

    def reconciling(self, faults: Faults = NO_FAULTS) -> Process:
        """Return a process that was woken by a queue message."""
        return self.process("queue", lambda process: process.controller().reconcile(CHURN), faults)

    def run(self, process: Process) -> None:
        """Let a process do its work."""
        process.run()
        self.over(process)

    def over(self, process: Process) -> None:
        """Record the outcome of a process; any exception that is not one of Teal's own errors is a defect."""
        if process.failed is not None:
            failed = process.failed
            self.objects("no unexpected error", f"{process.name} raised {type(failed).__name__}: {failed}")

    def minute(self, *, ticks: bool = True, faults: Faults = NO_FAULTS) -> None:
        """Let a minute pass: requests are answered and logged, Azure carries out its orders, the timer fires."""
        self.world.conduct = self._conduct()
        self.world.rates = self._rates()
        scoring = self.world.scoring
        assert isinstance(scoring, UnreliableScoring)
        scoring.rates = self.world.rates
        logged = len(self.telemetry.rows)
        self.world.log_traffic()
        if self.telemetry.delivery != Delivery():
            self._delayed(logged)
        self.world.clock.pass_(MINUTE)
        if self.swift:
            self.finish()
        if ticks:
            self.run(self.ticking(faults))
            self.settle()

    def finish(self) -> None:
        """Let Azure finish all orders."""
        self.azure.changed(ENDPOINT)
        self.azure.finish()
        self.azure.changed(ENDPOINT)

    def settle(self) -> None:
        """Deliver the queue's messages until there are none; a loop that never settles is a defect."""
        for _ in range(ROUNDS):
            if not self.world.wakeups.woken:
                return
            self.world.wakeups.woken.clear()
            self.run(self.reconciling())
        self.objects("6: comes to rest", f"still awake after {ROUNDS} reconciles within a minute")
        self.world.wakeups.woken.clear()

    def change(self, seen: EndpointSeen) -> None:
        """Let someone else change the endpoint."""
        before = self.azure.seen[ENDPOINT]
        seen = replace(seen, deployments={name: self._dated(before, each) for name, each in seen.deployments.items()})
        self.azure.changed(ENDPOINT)
        self.azure.set_by_others(seen)
        self.azure.changed(ENDPOINT)
        if before.traffic != seen.traffic:
            self.ledger.edited(before.traffic, seen.traffic)
        if before.mirror != seen.mirror:
            self.ledger.mirrored(before.mirror, seen.mirror)
        for name, deployed in before.deployments.items():
            if name not in seen.deployments or seen.deployments[name].model != deployed.model:
                self.ledger.lost(name, self.now())
            if name in seen.deployments and seen.deployments[name].model != deployed.model:
                self.ledger.replaced[name] = self.world.clock(), seen.deployments[name].model

    def _dated(self, before: EndpointSeen, deployed: DeploymentSeen) -> DeploymentSeen:
        """Return a deployment, with the time of the change if it changed."""
        same = before.deployments.get(deployed.name)
        return deployed if same == deployed else replace(deployed, modified=self.world.clock())

    def switch(self, name: str, *, enabled: bool) -> None:
        """Let someone else give a deployment enabled or disabled autoscale settings."""
        self.azure.switched_by_others(name, enabled=enabled)
        self.ledger.switched(name)

    def set_incident(self, rate: float) -> None:
        """Start or end an incident that affects all deployments."""
        self._began_or_ended(self.incidents, on=rate > 0)
        self.incident = rate

    def set_surge(self, share: float) -> None:
        """Start or end a surge of requests, of which all deployments refuse this share."""
        self._began_or_ended(self.surges, on=share > 0)
        self.surge = share

    def set_slower(self, factor: float) -> None:
        """Start or end a slowdown in which all deployments take this many times as long as usual."""
        self._began_or_ended(self.slowdowns, on=factor > 1)
        self.slower = factor

    def _began_or_ended(self, spans: list[Span], *, on: bool) -> None:
        lasts = bool(spans) and spans[-1][1] is None
        if on and not lasts:
            spans.append((self.world.clock(), None))
        if lasts and not on:
            spans[-1] = (spans[-1][0], self.world.clock())

    def register(self, version: str) -> None:
        """Register a version of the model, unless it is registered already."""
        self.world.models.registered.setdefault(ModelVersion("churn", version), {})

    def _rates(self) -> dict[str, float]:
        names = {*self.rates, *self.azure.seen[ENDPOINT].deployments}
        refused = {name: self.world.conduct.get(name, Conduct()).refused for name in names}
        least = max(self.incident, self.surge)
        return {name: min(max(self.rates.get(name, 0.0), least), 1 - refused[name]) for name in names}

    def _conduct(self) -> dict[str, Conduct]:
        slow = {name: each.median and each.median * self.slower for name, each in self.conduct.items()}
        return {name: replace(each, median=slow[name], overloaded=self.surge) for name, each in self.conduct.items()}

    def _delayed(self, first: int) -> None:
        for row in self.telemetry.rows[first:]:
            conduct = self.world.conduct.get(row.deployment, Conduct())
            half = conduct.row(row.deployment, row.minute, row.total // 2, self.world.rates.get(row.deployment, 0.0))
            self.telemetry.logged(row, half)


def set_stage(
    recipe: Recipe, object_to: Callable[[Stage, Order], None], make_world: MakeWorld = unreliable_world
) -> Stage:
    """Return the stage for a schedule. object_to: checks an order that is about to be given."""
    world = make_world(recipe)
    stage = Stage(recipe, world, Ledger(world), conduct=usual_conduct(recipe))
    stage.ledger.object_to = lambda order: object_to(stage, order)
    return stage
