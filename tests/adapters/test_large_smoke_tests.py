"""A smoke test with thousands of failures, each with a long answer in another script, on Azurite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from azure.data.tables import TableServiceClient

from shared.adapters.tables import TableStore
from shared.core.phases import Phase
from shared.core.rollout.reasons import ReasonCode
from shared.ports import Answer, Policies
from tests.fakes import FakePolicies, FakeScoring
from tests.scenarios.world import BLUE, GREEN, POLICY, World

ANSWER = '{"error": "' + "große Überraschung: データ " * 40 + '"}'


class LongPolicies(FakePolicies):
    """Policies whose smoke tests have this many requests."""

    def requests(self, path: str) -> tuple[bytes, ...]:
        return (b'{"data": [[1.0]]}',) * 6000 if path else ()


@dataclass
class Failing(FakeScoring):
    """Deployments that answer every request with an error and a long text. sent: the deployments called so far."""

    sent: dict[str, int] = field(default_factory=dict)

    def answers(
        self, endpoint: str, deployment: str, bodies: Sequence[bytes], timeout: timedelta
    ) -> tuple[Answer, ...]:
        del endpoint, timeout
        self.sent[deployment] = self.sent.get(deployment, 0) + len(bodies)
        return tuple(Answer(500, ANSWER, 0.01) for _ in bodies)


@dataclass
class LargeWorld(World):
    """A world with such policies."""

    @property
    def known_policies(self) -> Policies:
        return LongPolicies((self.policy,))


def test_thousands_of_failures_are_rolled_back_after_one_test(table_service: TableServiceClient) -> None:
    """They fit into the record, the reason has examples and the count, and green is not asked again."""
    store, scoring = TableStore(table_service), Failing()
    world = LargeWorld(replace(POLICY, workspace="large"), store=store, scoring=scoring)  # type: ignore[arg-type] # the real one
    endpoint = world.policy.endpoint_id
    world.register()
    world.minutes(6)
    name = store.record(endpoint).value.current
    assert name is not None
    ended = store.rollout(endpoint, name)
    assert ended is not None
    assert (ended.value.phase, ended.value.status.reason.code) == (Phase.ROLLED_BACK, ReasonCode.SMOKE_FAILED)
    assert ended.value.status.reason.facts["failed"] == 6000
    assert scoring.sent[GREEN] == 6000
    assert world.seen.traffic == {BLUE: 100}
