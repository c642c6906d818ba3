"""Records that storage no longer accepts: the rollout moves on without what is only informational."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from shared.core.endpoint_id import EndpointId
from shared.core.phases import Phase
from shared.core.rollout import OperatorRequest, Verb
from shared.core.rollout.reasons import ReasonCode
from shared.errors import Unstorable
from shared.json_codec import encode
from shared.ports import Changes
from tests.fakes import FakeStore
from tests.scenarios.world import BLUE, CHURN, World


@dataclass
class NarrowStore(FakeStore):
    """Storage that accepts no history entry and no rollout beyond this many characters."""

    widest: int = 10**9
    widest_rollout: int = 10**9

    def commit(self, endpoint: EndpointId, changes: Changes) -> dict[str, str]:
        """Refuse what is too large, as Table Storage does."""
        if any(len(encode(numbered.entry)) > self.widest for numbered in changes.entries):
            raise Unstorable("the entity is too large to store")
        if any(len(encode(stored.value)) > self.widest_rollout for stored in changes.rollouts):
            raise Unstorable("the rollout is too large to store")
        return super().commit(endpoint, changes)


@pytest.fixture
def store() -> NarrowStore:
    """Return storage that has no limits at first."""
    return NarrowStore()


def test_a_failing_version_is_rolled_back_although_its_evidence_cannot_be_stored(
    store: NarrowStore, caplog: pytest.LogCaptureFixture
) -> None:
    """The entry says that it was rolled back and why, without each gate's readings."""
    world = World(store=store, rates={"churn-7": 0.3})
    world.register()
    world.until_weight(10)
    store.widest = 700
    world.until(Phase.ROLLED_BACK)
    (entry,) = world.entries(ReasonCode.REGRESSION_DETECTED)
    assert entry.readings == ()
    assert world.seen.traffic == {BLUE: 100}
    assert "without its diagnostics" in caplog.text


def test_a_request_succeeds_although_its_entry_cannot_be_stored(store: NarrowStore) -> None:
    """Only the request itself is needed."""
    world = World(store=store)
    world.register()
    world.until_weight(10)
    store.widest = 600
    request = OperatorRequest(Verb.ROLLBACK, "ada@example.com", "long " * 90, world.clock())
    assert world.controller().request(CHURN, request) is not None
    world.until(Phase.ROLLED_BACK)
    assert world.seen.traffic == {BLUE: 100}


def test_a_request_succeeds_although_the_rollout_cannot_be_stored_with_all_its_words(store: NarrowStore) -> None:
    """There is room for a rollback request, but not for its reason of 450 characters."""
    world = World(store=store)
    world.register()
    world.until_weight(10)
    stored, _ = store.rows[CHURN, world.rollout().id]
    store.widest_rollout = len(encode(stored)) + 400
    request = OperatorRequest(Verb.ROLLBACK, "ada@example.com", "long " * 90, world.clock())
    assert world.controller().request(CHURN, request) is not None
    world.until(Phase.ROLLED_BACK)
    assert world.seen.traffic == {BLUE: 100}


def test_what_storage_still_refuses_is_an_error(store: NarrowStore) -> None:
    """Nothing that was not saved is acted on."""
    world = World(store=store)
    world.register()
    world.until_weight(10)
    store.widest = 10
    with pytest.raises(Unstorable, match="too large"):
        world.controller().request(CHURN, OperatorRequest(Verb.PAUSE, "ada", "lunch", world.clock()))
    assert world.rollout().phase is Phase.STEPPING
