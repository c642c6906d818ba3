"""Invariants that hold whatever goes wrong, checked at every order to Azure and on everything that was stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import ceil

from shared.core.judge.verdict import Outcome
from shared.core.observation import Provisioning
from shared.core.observation.spans import floor_minute
from shared.core.phases import TERMINAL, TRANSITIONS, Phase
from shared.core.policy.freeze import frozen
from shared.core.rollout import Rollout
from shared.words import sentence
from tests.fakes import FakeClock, FakeEndpoints, FakeStore
from tests.scenarios.conduct import Conduct
from tests.scenarios.world import CHURN, ENDPOINT, MIDNIGHT, World, serving

BACKWARDS = frozenset({Phase.ROLLING_BACK, Phase.ROLLED_BACK})
FORWARDS = frozenset({Phase.STEPPING, Phase.PROMOTING})
INSTANCES = 10


@dataclass
class LawfulEndpoints(FakeEndpoints):
    """Azure ML endpoints that reject an order that must never be given.

    rollback_requested: ids of rollouts to roll back.
    foretells: whether a deployment that is being scaled shows its new instance count before the instances exist.
    """

    store: FakeStore = field(default_factory=FakeStore)
    clock: FakeClock = field(default_factory=lambda: FakeClock(MIDNIGHT))
    rollback_requested: set[str] = field(default_factory=set)
    foretells: bool = False

    def set_traffic(self, endpoint: str, traffic: dict[str, int]) -> None:
        seen, rollouts = self.seen[endpoint], self.store.rollouts(endpoint)
        first = any(rollout.first and rollout.phase in BACKWARDS for rollout in rollouts)
        assert sum(traffic.values()) == 100 or (first and not traffic), f"traffic {traffic} does not sum to 100"
        assert all(seen.ready(name) for name in traffic), f"traffic {traffic} to what is not ready: {seen}"
        taken = {rollout.green for rollout in rollouts if rollout.first and _by_operator(rollout)}
        assert traffic or set(seen.traffic) <= taken, f"{seen.traffic} served, and nothing is to"
        rising = {name for name, share in traffic.items() if share > seen.traffic.get(name, 0)}
        for rollout in rollouts:
            if rollout.green in rising:
                tested = (
                    rollout.smoke_passed or rollout.phase in TERMINAL
                )  # the green of an ended rollout may be made blue by hand
                assert tested, f"{rollout.green} gets traffic before its smoke test"
                self._may_get(rollout, traffic[rollout.green])
            if rollout.phase in FORWARDS:
                assert seen.traffic in rollout.traffic.known, f"{seen.traffic} is overwritten unnoticed"
        super().set_traffic(endpoint, traffic)

    def set_mirror(self, endpoint: str, mirror: dict[str, int]) -> None:
        seen = self.seen[endpoint]
        for rollout in self.store.rollouts(endpoint):
            if mirror.get(rollout.green, 0) > seen.mirror.get(rollout.green, 0):
                assert rollout.green not in seen.traffic, f"{rollout.green} gets live and copied traffic at once"
                self._may_get(rollout, mirror[rollout.green])
        super().set_mirror(endpoint, mirror)

    def scale(self, endpoint: str, name: str, instances: int) -> None:
        super().scale(endpoint, name, instances)
        seen = self.seen[endpoint]
        if self.foretells and not self.hidden:
            coming = replace(seen.deployments[name], instances=instances)
            self.seen[endpoint] = replace(seen, deployments=seen.deployments | {name: coming})

    def delete_deployment(self, endpoint: str, name: str) -> None:
        seen = self.seen[endpoint]
        assert not seen.traffic.get(name), f"{name} is deleted although it serves"
        assert name not in seen.mirror, f"{name} is deleted although it gets a copy of the traffic"
        others = [other for other in seen.deployments if other != name and seen.ready(other)]
        assert others or not seen.ready(name), f"{name} is deleted although nothing else is healthy"
        super().delete_deployment(endpoint, name)

    def _may_get(self, rollout: Rollout, share: int) -> None:
        """Reject more traffic, live or mirrored, for a green that is rolled back, on hold, or too small for it."""
        green = rollout.green
        assert rollout.phase not in BACKWARDS, f"{green} gets traffic although {rollout.phase}"
        assert rollout.id not in self.rollback_requested, f"{green} gets traffic after a rollback was asked for"
        if rollout.phase not in FORWARDS:
            return  # it was promoted, and is now the blue to which another rollout returns traffic
        assert self.store.halted is None, f"{green} gets traffic although everything is halted"
        assert frozen(rollout.policy, self.clock()) is None, f"{green} gets traffic within a freeze"
        if rollout.policy.capacity.green == "proportional" and rollout.blue_instances is not None:
            stands, needed = (
                self.seen[rollout.endpoint.name].deployments[green],
                ceil(rollout.blue_instances * share / 100),
            )
            enough = stands.state is Provisioning.SUCCEEDED and (stands.instances or 0) >= needed
            assert enough, f"{green} gets {share} % on {stands}"


def lawful_world(*, serves: bool = True, conduct: Mapping[str, Conduct] | None = None, **rates: float) -> World:
    """Return a world whose Azure rejects unlawful orders. rates: failure rates by model version, as v7=0.5.

    serves: whether the existing deployment has the live traffic; otherwise nothing has. conduct: how deployments
    otherwise answer.
    """
    store, clock, endpoint = FakeStore(), FakeClock(MIDNIGHT), serving()
    standing = {name: replace(seen, instances=INSTANCES) for name, seen in endpoint.deployments.items()}
    endpoint = replace(endpoint, deployments=standing, traffic=endpoint.traffic if serves else {})
    endpoints = LawfulEndpoints(seen={ENDPOINT: endpoint}, slow=True, store=store, clock=clock)
    by_name = {f"churn-{version[1:]}": rate for version, rate in rates.items()}
    return World(store=store, endpoints=endpoints, clock=clock, rates=by_name, conduct=dict(conduct or {}))


def check_records(store: FakeStore) -> None:
    """Check that every history is numbered without gaps and complete, and that only one rollout acts."""
    rollouts = store.rollouts(ENDPOINT)
    for rollout in rollouts:
        _check_history(rollout, store)
    acting = [rollout.id for rollout in rollouts if rollout.finished is None and rollout.phase is not Phase.QUEUED]
    assert acting in ([], [store.record(CHURN).value.current]), f"several act at once: {acting}"


def _check_history(rollout: Rollout, store: FakeStore) -> None:
    numbers = sorted(number for _, name, number in store.entries if name == rollout.id)
    assert numbers == list(range(rollout.entry_count)), f"entries {numbers}, but {rollout.entry_count} are recorded"
    entries = store.history(CHURN, rollout.id)
    assert entries[0].before is None
    assert entries[-1].after is rollout.phase
    for earlier, entry in pairwise(entries):
        assert entry.before is earlier.after, f"{earlier.after} became {entry.before} without an entry"
        assert entry.before is entry.after or (entry.before, entry.after) in TRANSITIONS
    for entry in entries:
        assert entry.actor
        assert "unknown" not in sentence(entry.reason), f"a fact is missing: {entry.reason}"


def check_evidence(world: World) -> None:
    """No request is judged twice, nor one that was never sent; and a dry run never rolls back."""
    for rollout in world.store.rollouts(ENDPOINT):
        since = floor_minute(world.store.history(CHURN, rollout.id)[0].at)
        until = rollout.judging.judged_until or since
        sent = sum(
            row.total for row in world.telemetry.rows if row.deployment == rollout.green and since <= row.minute < until
        )
        for gate in rollout.judging.evidence.gates:
            counted = max(gate.seen[1::4], default=0)
            assert counted <= sent, f"{counted} of {sent} requests judged: {world.told(rollout.model.version)}"
        if rollout.verdict is not None and rollout.verdict.outcome is Outcome.FAIL:
            roles = {reading.gate: reading.role for reading in rollout.readings}
            assert roles[rollout.verdict.gate] != "dry_run", world.told(rollout.model.version)


def check_at_rest(world: World) -> None:
    """After quiet minutes nothing hangs: the rollout has ended, or continues with the traffic as recorded."""
    for rollout in world.store.rollouts(ENDPOINT):
        assert rollout.phase not in {Phase.PROVISIONING, Phase.ROLLING_BACK}, world.told(rollout.model.version)
        if rollout.phase in {Phase.STEPPING, Phase.PROMOTING} and rollout.traffic.steady_since is not None:
            assert world.seen.traffic == rollout.wanted_traffic, world.told(rollout.model.version)
        if rollout.phase is Phase.ROLLED_BACK:
            assert rollout.green not in world.seen.traffic, world.told(rollout.model.version)
        if rollout.phase in TERMINAL - {Phase.FAILED}:
            assert rollout.green not in world.seen.mirror, world.told(rollout.model.version)
        if rollout.phase is Phase.ROLLED_BACK and world.seen.traffic == {rollout.blue: 100}:
            instances = world.seen.instances(rollout.blue) or 0
            assert instances >= (rollout.blue_instances or 0), world.told(rollout.model.version)


def _by_operator(rollout: Rollout) -> bool:
    """Return whether an operator, and not Teal, rolled it back."""
    return rollout.status.reason.facts.get("actor", "teal") != "teal"
