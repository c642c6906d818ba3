"""Many operators send requests at once, on Azurite: no accepted request is lost, and none has to be sent again."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from azure.data.tables import TableServiceClient

from shared.adapters.tables import TableStore
from shared.core.phases import Phase
from shared.core.rollout import OperatorRequest, Verb
from shared.errors import NotPossible
from tests.scenarios.world import POLICY, World

CALLERS = 20


def test_twenty_requests_at_once_are_accepted_and_recorded_or_refused(table_service: TableServiceClient) -> None:
    """A pause is refused once a rollback or ten others wait, a rollback never; every accepted request is kept."""
    store = TableStore(table_service)
    world = World(replace(POLICY, workspace="crowd"), store=store)  # type: ignore[arg-type] # the real one
    endpoint = world.policy.endpoint_id
    verbs = {f"operator-{number}@example.com": Verb.PAUSE for number in range(1, CALLERS)}
    verbs["ada@example.com"] = Verb.ROLLBACK
    world.register()
    world.minutes(4)

    def press(by: str) -> str | None:
        try:
            world.controller(by).request(endpoint, OperatorRequest(verbs[by], by, "it fails", world.clock()))
        except NotPossible:
            return None
        return by

    with ThreadPoolExecutor(CALLERS) as crowd:
        accepted = {by for by in crowd.map(press, verbs) if by is not None}
    name = store.record(endpoint).value.current
    assert name is not None
    world.minutes(3)
    entries = Counter(entry.actor for entry in store.history(endpoint, name) if entry.actor in verbs)
    assert entries == dict.fromkeys(accepted, 2)
    assert "ada@example.com" in accepted
    ended = store.rollout(endpoint, name)
    assert ended is not None
    assert ended.value.phase is Phase.ROLLED_BACK
