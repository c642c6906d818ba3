"""Records of rollouts as the API shows them: what is none is told with its place in the JSON."""

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
        ("", "not JSON"),
        ("[]", "expected"),
        ("{}", "required field missing @ $.created_at"),
        ('{"history": 3}', "$.history"),
        ('{"history": [], "minutes": [{"minute": "noon", "deployment": 7}]}', "@ $.minutes[0].minute"),
        ('{"history": [], "minutes": [{"minute": "noon", "deployment": 7}]}', "@ $.minutes[0].deployment"),
        ('{"history": [{"at": "2026-01-01T00:00:00", "from": "here"}]}', "@ $.history[0].before"),
    ],
)
def test_a_record_that_is_none(text: str, words: str, tmp_path: Path) -> None:
    """Every problem at once, with its place in the JSON; no traceback."""
    file = tmp_path / "record.json"
    file.write_text(text)
    with pytest.raises(PolicyError) as wrong:
        read_recording(file)
    assert words in str(wrong.value)


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        ({"errors": 10_000_000}, "10000000 bad and 0 refused of"),
        ({"client_errors": -1}, "-1 refused of"),
        ({"latency": [{"up_to_ms": 80.0, "answers": -3}]}, "slowness below zero"),
        ({"latency": {"fast": 3}}, "invalid value for type"),
        ({"counts": {"drift": {"bad": 3, "total": 2}}}, "drift: 3 bad of 2"),
    ],
)
def test_counts_that_cannot_be_are_no_record(spoilt: dict[str, object], words: str, tmp_path: Path) -> None:
    """They are named by their place."""
    file = recorded(played(World(), Phase.PROMOTED), tmp_path)
    view = json.loads(file.read_text())
    view["minutes"][4] |= spoilt
    file.write_text(json.dumps(view))
    with pytest.raises(PolicyError, match=rf"{words}.* @ \$\.minutes\[4\]"):
        read_recording(file)


def test_which_gates_were_told_nothing_is_read_from_the_evidence(tmp_path: Path) -> None:
    """Shown by `?evidence=true`; without it nothing is taken to have been missing."""
    file = recorded(played(World(), Phase.PROMOTED), tmp_path)
    view = json.loads(file.read_text())
    minute = view["minutes"][0]["minute"]
    assert read_recording(file).missing == {}
    gates = [{"gate": "errors", "missing": None}, {"gate": "latency", "missing": "the query failed", "summary": "..."}]
    file.write_text(json.dumps(view | {"evidence": [{"minute": minute, "weight": 10, "gates": gates}]}))
    assert read_recording(file).missing == {datetime.fromisoformat(minute): {"latency": "the query failed"}}


def test_a_minute_without_offset_is_no_moment(tmp_path: Path) -> None:
    """A time that could mean several moments is refused."""
    file = recorded(played(World(), Phase.PROMOTED), tmp_path)
    view = json.loads(file.read_text())
    view["minutes"][0]["minute"] = "2026-11-20T00:03:00"
    file.write_text(json.dumps(view))
    with pytest.raises(PolicyError, match=r"@ \$\.minutes\[0\]\.minute"):
        read_recording(file)
