"""Rows of records that older versions of Teal left: read, or refused with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.adapters.table_rows import rollout_of
from shared.core.phases import Phase
from shared.errors import Permanent


def test_a_rollout_from_before_there_were_gates_goes_on_judged_anew() -> None:
    """A record that an older version of Teal left in the middle of a step is read, and its evidence begins afresh."""
    text = (Path(__file__).parent / "rollout_before_gates.json").read_text()
    found = rollout_of({"PartitionKey": "churn", "RowKey": "rollout~churn-7-abc", "json": text})
    assert (found.phase, found.weight, found.blue, found.entries) == (Phase.STEPPING, 10, "churn-6", 4)
    assert (found.calibration, found.verdict, found.evidence.gates) == (None, None, ())


def test_what_is_half_a_record_is_named_with_its_place() -> None:
    """A text that was cut is no rollout, whatever it begins with."""
    with pytest.raises(Permanent, match="churn/rollout~cut"):
        rollout_of({"PartitionKey": "churn", "RowKey": "rollout~cut", "json": '{"id":"a","calibration":{"phi":1.0'})
