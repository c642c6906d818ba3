"""Stored rows stay readable: one kept row of each kind."""

from __future__ import annotations

import json

import pytest

from shared.adapters.table_rows import rollout_of
from shared.core.phases import Phase
from shared.core.rollout import Beside, Verb
from tests.adapters.kept_records import kept, reread


@pytest.mark.parametrize("kind", ["lock", "rollout", "entry", "minute", "judgement"])
def test_a_kept_row_survives_a_round_trip(kind: str) -> None:
    """Reading and rewriting a row loses and changes nothing."""
    row = kept()[kind]
    again = {name: str(value) for name, value in reread(kind, row).items() if name in row}
    for name, value in row.items():
        if name == "json":
            assert contains(json.loads(again[name]), json.loads(value)), kind
        else:
            assert again[name] == str(value), (kind, name)


def test_a_kept_rollout_keeps_its_meaning() -> None:
    """It is at 10 % next to blue, held by a halt, with a rollback requested."""
    rollout = rollout_of(kept()["rollout"])
    assert (rollout.phase, rollout.progress.step, rollout.traffic.weight) == (Phase.STEPPING, 1, 10)
    assert isinstance(rollout.placement, Beside)
    assert rollout.placement.blue == "churn-6"
    assert [request.verb for request in rollout.requests] == [Verb.ROLLBACK]
    assert rollout.hold is not None
    assert rollout.verdict is not None


def contains(whole: object, part: object) -> bool:
    """Return whether `whole` has everything in `part`; objects may have more keys."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and contains(whole[name], value) for name, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(map(contains, whole, part))
    return whole == part
