"""Records of rollouts as the API shows them: what is none is told with its place in the JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.simulate.recording import read_recording
from shared.core.phases import Phase
from shared.policies.problems import PolicyError
from tests.scenarios.world import World
from tests.simulate.test_replay import played, recorded


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[]", "expected"),
        ("{}", "required field missing @ $.created"),
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


def test_more_failures_than_requests_are_no_record(tmp_path: Path) -> None:
    """Counts that cannot be are named by their place."""
    file = recorded(played(World(), Phase.PROMOTED), tmp_path)
    view = json.loads(file.read_text())
    view["minutes"][4]["bad"] = view["minutes"][4]["total"] + 1
    file.write_text(json.dumps(view))
    with pytest.raises(PolicyError, match=r"bad of .* @ \$\.minutes\[4\]"):
        read_recording(file)


def test_a_minute_without_offset_is_no_moment(tmp_path: Path) -> None:
    """A time that could mean several moments is refused."""
    file = recorded(played(World(), Phase.PROMOTED), tmp_path)
    view = json.loads(file.read_text())
    view["minutes"][0]["minute"] = "2026-11-20T00:03:00"
    file.write_text(json.dumps(view))
    with pytest.raises(PolicyError, match=r"@ \$\.minutes\[0\]\.minute"):
        read_recording(file)
