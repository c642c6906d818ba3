"""Records of rollouts as the API returns them: every problem is reported with its place in the JSON."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from cli.simulate.recording import read_recording
from shared.core.phases import Phase
from shared.policies.problems import PolicyError
from tests.scenarios.world import World
from tests.simulate.records import played, recorded


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not valid JSON"),
        ("[]", "expected"),
        ("{}", "required field missing @ $.created_at"),
        ('{"history": 3}', "$.history"),
        ('{"history": [], "minutes": [{"minute": "noon", "deployment": 7}]}', "@ $.minutes[0].minute"),
        ('{"history": [], "minutes": [{"minute": "noon", "deployment": 7}]}', "@ $.minutes[0].deployment"),
        ('{"history": [{"at": "2026-01-01T00:00:00", "from": "here"}]}', "@ $.history[0].before"),
    ],
)
def test_an_invalid_record(text: str, words: str, tmp_path: Path) -> None:
    """Every problem is reported with its place in the JSON, without a traceback."""
    file = tmp_path / "record.json"
    file.write_text(text)
    with pytest.raises(PolicyError) as wrong:
        read_recording(file)
    assert words in str(wrong.value)


@pytest.mark.parametrize(
    ("corrupt", "words"),
    [
        ({"errors": 10_000_000}, "10000000 failed and 0 refused of"),
        ({"client_errors": -1}, "-1 refused of"),
        ({"latency": [{"up_to_ms": 80.0, "answers": -3}]}, "slowness below zero"),
        ({"latency": {"fast": 3}}, "invalid value for type"),
        ({"counts": {"drift": {"bad": 3, "total": 2}}}, "drift: 3 bad of 2"),
    ],
)
def test_impossible_counts_are_refused(corrupt: dict[str, object], words: str, tmp_path: Path) -> None:
    """Each is reported with its place."""
    file = recorded(played(World(), Phase.PROMOTED), tmp_path)
    view = json.loads(file.read_text())
    view["minutes"][4] |= corrupt
    file.write_text(json.dumps(view))
    with pytest.raises(PolicyError, match=rf"{words}.* @ \$\.minutes\[4\]"):
        read_recording(file)


def test_gaps_in_a_source_are_read_from_the_evidence(tmp_path: Path) -> None:
    """The record has them with `?evidence=true`; without it, nothing counts as missing."""
    file = recorded(played(World(), Phase.PROMOTED), tmp_path)
    view = json.loads(file.read_text())
    minute = view["minutes"][0]["minute"]
    assert read_recording(file).missing == {}
    gates = [{"gate": "errors", "missing": None}, {"gate": "latency", "missing": "the query failed", "summary": "..."}]
    file.write_text(json.dumps(view | {"evidence": [{"minute": minute, "weight": 10, "gates": gates}]}))
    assert read_recording(file).missing == {datetime.fromisoformat(minute): {"latency": "the query failed"}}


def test_a_minute_without_an_offset_is_refused(tmp_path: Path) -> None:
    """It would be ambiguous."""
    file = recorded(played(World(), Phase.PROMOTED), tmp_path)
    view = json.loads(file.read_text())
    view["minutes"][0]["minute"] = "2026-11-20T00:03:00"
    file.write_text(json.dumps(view))
    with pytest.raises(PolicyError, match=r"@ \$\.minutes\[0\]\.minute"):
        read_recording(file)


def test_a_rollout_that_waited_begins_when_provisioning_started(tmp_path: Path) -> None:
    """Its time in the queue is not replayed."""
    file = recorded(played(World(), Phase.PROMOTED), tmp_path)
    view = json.loads(file.read_text())
    started = view["history"][0]
    queued = started | {"at": "2026-11-19T00:00:00Z", "to": "queued"}
    history = [queued, started | {"from": "queued"}, *view["history"][1:]]
    file.write_text(json.dumps(view | {"created_at": queued["at"], "history": history}))
    assert read_recording(file).began == datetime.fromisoformat(started["at"])
