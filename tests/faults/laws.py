"""What must always hold, whatever goes wrong: checked at every order to Azure, and over everything that was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from shared.core.phases import TRANSITIONS, Phase
from shared.core.rollout import Rollout
from tests.fakes import FakeEndpoints, FakeStore
from tests.scenarios.world import ENDPOINT, World, serving

BACKWARDS = frozenset({Phase.ROLLING_BACK, Phase.ROLLED_BACK})


@dataclass
class LawfulEndpoints(FakeEndpoints):
    """Azure ML's endpoints that object to an order which must never be given. asked_back: ids of rollouts."""

    store: FakeStore = field(default_factory=FakeStore)
    asked_back: set[str] = field(default_factory=set)

    def set_traffic(self, endpoint: str, traffic: dict[str, int]) -> None:
        seen, rollouts = self.seen[endpoint], self.store.rollouts(endpoint)
        assert sum(traffic.values()) == 100, f"traffic {traffic} does not sum to 100"
        assert all(seen.ready(name) for name in traffic), f"traffic {traffic} to what is not ready: {seen}"
        rising = {name for name, share in traffic.items() if share > seen.traffic.get(name, 0)}
        for rollout in rollouts:
            if rollout.green in rising:
                assert rollout.smoke_passed, f"{rollout.green} gets traffic before its smoke test"
                assert rollout.phase not in BACKWARDS, f"{rollout.green} gets traffic although {rollout.phase}"
                assert rollout.id not in self.asked_back, f"{rollout.green} gets traffic after a rollback was asked for"
        super().set_traffic(endpoint, traffic)

    def delete_deployment(self, endpoint: str, name: str) -> None:
        seen = self.seen[endpoint]
        assert not seen.traffic.get(name), f"{name} is deleted although it serves"
        others = [other for other in seen.deployments if other != name and seen.ready(other)]
        assert others or not seen.ready(name), f"{name} is deleted although nothing else is healthy"
        super().delete_deployment(endpoint, name)


def lawful_world(**rates: float) -> World:
    """Return a world whose Azure objects; rates: the share of failures by model version, as v7=0.5."""
    store = FakeStore()
    endpoints = LawfulEndpoints(seen={ENDPOINT: serving()}, slow=True, store=store)
    by_name = {f"churn-{version[1:]}": rate for version, rate in rates.items()}
    return World(store=store, endpoints=endpoints, rates=by_name)


def check_records(store: FakeStore) -> None:
    """Every rollout's history is numbered without gaps, tells each change of phase, and who made it and why."""
    rollouts = store.rollouts(ENDPOINT)
    for rollout in rollouts:
        _check_history(rollout, store)
    acting = [rollout.id for rollout in rollouts if rollout.finished is None and rollout.phase is not Phase.QUEUED]
    assert acting in ([], [store.record(ENDPOINT).value.current]), f"several act at once: {acting}"


def _check_history(rollout: Rollout, store: FakeStore) -> None:
    numbers = sorted(number for _, name, number in store.entries if name == rollout.id)
    assert numbers == list(range(rollout.entries)), f"entries {numbers}, but {rollout.entries} are recorded"
    entries = store.history(ENDPOINT, rollout.id)
    assert entries[0].before is None
    assert entries[-1].after is rollout.phase
    for earlier, entry in pairwise(entries):
        assert entry.before is earlier.after, f"{earlier.after} became {entry.before} without an entry"
        assert entry.before is entry.after or (entry.before, entry.after) in TRANSITIONS
    assert all(entry.by and entry.text and {"step", "weight"} <= set(entry.numbers) for entry in entries)


def check_at_rest(world: World) -> None:
    """After quiet minutes nothing hangs: the rollout has ended, or goes on with the traffic as recorded."""
    for rollout in world.store.rollouts(ENDPOINT):
        assert rollout.phase not in {Phase.PROVISIONING, Phase.ROLLING_BACK}, world.told(rollout.model.version)
        if rollout.phase in {Phase.STEPPING, Phase.PROMOTING} and rollout.steady_since is not None:
            assert world.seen.traffic == rollout.wanted_traffic, world.told(rollout.model.version)
        if rollout.phase is Phase.ROLLED_BACK:
            assert rollout.green not in world.seen.traffic, world.told(rollout.model.version)
