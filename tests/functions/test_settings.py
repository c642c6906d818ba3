"""The app's settings: complete, or the start fails and names everything that is missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.clock import read_clock
from shared.errors import Misconfigured
from shared.settings import REQUIRED, read_settings

COMPLETE = {name: f"value of {name}" for name in REQUIRED}


def test_complete_settings_name_the_workspace() -> None:
    """The ARM id that events are compared with consists of the three names."""
    settings = read_settings(
        COMPLETE | {"TEAL_SUBSCRIPTION_ID": "s", "TEAL_RESOURCE_GROUP": "g", "TEAL_WORKSPACE": "w"}
    )
    assert settings.workspace.arm_id == (
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
    )
    assert (settings.policies, settings.clock, settings.trust_easy_auth) == ("policies", "", False)


def test_everything_that_is_missing_is_named_at_once() -> None:
    """All missing settings are reported together; a blank one counts as missing."""
    with pytest.raises(Misconfigured) as raised:
        read_settings({"TEAL_WORKSPACE": "w", "TEAL_RESOURCE_GROUP": "  "})
    assert [name for name in REQUIRED if name not in str(raised.value)] == ["TEAL_WORKSPACE"]


@pytest.mark.parametrize(
    ("said", "trusted"), [("true", True), ("True", True), ("1", False), ("yes", False), ("", False)]
)
def test_a_callers_header_is_trusted_only_for_a_plain_true(said: str, trusted: bool) -> None:  # noqa: FBT001 -- a column
    """Any other value than `true`, in any case, leaves the header untrusted."""
    assert read_settings(COMPLETE | {"TEAL_TRUST_EASY_AUTH": said}).trust_easy_auth is trusted


@pytest.mark.parametrize(
    ("evidence", "history", "kept"), [("7", "60", (7, 60)), (" 9 ", "99999", (9, 99999)), (None, "", (30, 730))]
)
def test_evidence_and_history_are_kept_as_long_as_set(
    evidence: str | None, history: str, kept: tuple[int, int]
) -> None:
    """Without a setting, thirty days and two years."""
    given = {"TEAL_HISTORY_DAYS": history} | ({"TEAL_EVIDENCE_DAYS": evidence} if evidence else {})
    settings = read_settings(COMPLETE | given)
    assert (settings.evidence_kept.days, settings.history_kept.days) == kept


@pytest.mark.parametrize("name", ["TEAL_EVIDENCE_DAYS", "TEAL_HISTORY_DAYS"])
@pytest.mark.parametrize("text", ["0", "x", "-1", "7.5", "100000", "30d"])
def test_what_is_no_number_of_days_is_refused(name: str, text: str) -> None:
    """Nothing is deleted by mistake, and the message names the setting."""
    with pytest.raises(Misconfigured, match=f"{name} is '{text}', not a number of days"):
        read_settings(COMPLETE | {name: text})


@pytest.mark.parametrize("setting", [None, ""])
def test_without_a_setting_the_clock_is_the_walls(setting: str | None) -> None:
    """It returns the current time, aware and in UTC."""
    before = datetime.now(UTC)
    assert before <= read_clock(setting)() <= datetime.now(UTC)


def test_a_rehearsals_clock_runs_from_its_origin() -> None:
    """It runs sixty times as fast from an origin in the past: far ahead of wall time, and never backwards."""
    origin = datetime.now(UTC).timestamp() - 1000
    clock = read_clock(f"60@{origin}")
    first = clock()
    assert first.tzinfo is UTC
    assert (first - datetime.now(UTC)).total_seconds() >= 58_000
    assert clock() >= first


def test_a_paced_clock_is_reread_each_time(tmp_path: Path) -> None:
    """It follows its file, and never runs ahead of the process that paces it."""
    file = tmp_path / "clock"
    file.write_text("60\n1000.0 5000.0\n1001.0 5060.0\n")
    clock = read_clock(str(file))
    assert clock() == datetime.fromtimestamp(5060, UTC)
    file.write_text("60\n1001.0 5060.0\n1002.0 5061.0\n")
    assert clock() == datetime.fromtimestamp(5061, UTC)


@pytest.mark.parametrize("setting", ["fast", "60", "60@noon", "60@1@2", "@", "/nowhere/clock"])
def test_a_clock_that_makes_no_sense_stops_the_start(setting: str) -> None:
    """The message shows a valid value."""
    with pytest.raises(Misconfigured, match="such as 60@1763622000"):
        read_clock(setting)


EAST = "/subscriptions/s2/resourceGroups/g2/providers/Microsoft.MachineLearningServices/workspaces/ml-east"


def test_further_workspaces_are_named_by_their_arm_ids() -> None:
    """Each has its own logs and region; without its own logs it uses the app's."""
    logs = {"logs_workspace_id": "guid", "logs_id": "/subscriptions/s2/logs"}
    others = [{"id": EAST.lower() + "/", "region": "westus", **logs}, {"id": EAST + "-2", "endpoints": "churn"}]
    found = read_settings(COMPLETE | {"TEAL_WORKSPACES": json.dumps(others)}).other_workspaces
    assert [workspace.logs_resource_id for workspace in found] == ["/subscriptions/s2/logs", ""]
    assert [workspace.arm_id.lower() for workspace in found] == [EAST.lower(), f"{EAST}-2".lower()]
    assert [(workspace.logs_workspace_id, workspace.region) for workspace in found] == [
        ("guid", "westus"),
        ("value of TEAL_LOGS_WORKSPACE_ID", ""),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("ml-east", "is not a list of workspaces such as"),
        ("7", "is not a list of workspaces such as"),
        ('{"id": "x"}', "is not a list of workspaces such as"),
        ('[{"id": "ml-east"}]', "'ml-east' is not the ARM id of an Azure ML workspace"),
        ('[{"name": "ml-east"}]', "'name'"),
        (json.dumps([{"id": EAST}, {"id": EAST.replace("s2", "s3").upper()}]), "several workspaces named ml-east"),
    ],
)
def test_a_setting_that_names_no_workspaces_is_refused(text: str, problem: str) -> None:
    """The message says what is wrong and shows a valid value."""
    with pytest.raises(Misconfigured, match="TEAL_WORKSPACES") as raised:
        read_settings(COMPLETE | {"TEAL_WORKSPACES": text})
    assert problem in str(raised.value)
