"""What was stored once stays readable: a kept row of each kind."""

from __future__ import annotations

import json

import pytest

from shared.adapters.table_rows import rollout_of
from shared.core.phases import Phase
from shared.core.rollout import Beside, Verb
from tests.adapters.kept_records import kept, reread


@pytest.mark.parametrize("kind", ["lock", "rollout", "entry", "minute", "judgement"])
def test_a_kept_row_is_read_whole(kind: str) -> None:
    """Written again, nothing that was in the row is missing or different."""
    row = kept()[kind]
    again = {name: str(value) for name, value in reread(kind, row).items() if name in row}
    for name, value in row.items():
        if name == "json":
            assert contains(json.loads(again[name]), json.loads(value)), kind
        else:
            assert again[name] == str(value), (kind, name)


def test_a_kept_rollout_means_what_it_meant() -> None:
    """At 10 per cent beside blue, held by a halt, with a rollback asked for."""
    rollout = rollout_of(kept()["rollout"])
    assert (rollout.phase, rollout.progress.step, rollout.traffic.weight) == (Phase.STEPPING, 1, 10)
    assert isinstance(rollout.placement, Beside)
    assert rollout.placement.blue == "churn-6"
    assert [request.verb for request in rollout.requests] == [Verb.ROLLBACK]
    assert rollout.hold is not None
    assert rollout.verdict is not None


def contains(whole: object, part: object) -> bool:
    """Return whether JSON has everything that other JSON has; objects may have more keys."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and contains(whole[name], value) for name, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(map(contains, whole, part))
    return whole == part
