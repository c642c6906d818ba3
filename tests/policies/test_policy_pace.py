"""`check` and `explain` compare how long a rollout takes with how often versions are registered."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest

from cli.__main__ import main
from cli.policy.pace import pace
from cli.simulate.summary import spread
from shared.core.policy import ModelSelector, Policy
from shared.core.steps import WeightStep

CHURN = str(Path(__file__).parents[2] / "policies" / "churn.yaml")
QUICK = ["--requests", "20000", "--errors", "0%", "--seed", "3"]
SKIPPED = (
    "a version every 20 min is registered faster than a rollout takes (50 min): newer_version: wait rolls out the "
    "newest when the endpoint is free and skips the others; about 1 in 3 is promoted"
)
REPLACED = (
    "a version every 30 min is registered faster than a rollout takes (50 min): newer_version: replace rolls back "
    "3 in a row, then lets one finish; about 1 in 5 is promoted"
)

ROWS: list[tuple[Literal["wait", "replace"], int | None, int | None, str]] = [
    ("wait", None, None, "a version registered within 50 min of another waits for it to end (--every compares)"),
    ("replace", None, None, "a version registered within 50 min of another replaces the rollout (--every compares)"),
    ("wait", 120, 1, "a version every 2 h: a rollout ends before the next is registered"),
    ("replace", 50, 1, "a version every 50 min: a rollout ends before the next is registered"),
    (
        "wait",
        20,
        3,
        SKIPPED,
    ),
    (
        "replace",
        30,
        5,
        REPLACED,
    ),
]


@pytest.mark.parametrize(("newer", "every", "one_in", "words"), ROWS)
def test_what_becomes_of_versions(
    newer: Literal["wait", "replace"], every: int | None, one_in: int | None, words: str
) -> None:
    """They follow the policy's `newer_version`, for rollouts of 50 minutes."""
    policy = Policy("churn", (ModelSelector("m"),), (WeightStep(10),), newer_version=newer)
    found = pace(policy, spread([45.0, 50.0, 70.0]), None if every is None else timedelta(minutes=every))
    assert found is not None
    assert (found.one_in, found.summary) == (one_in, words)


def test_without_a_promotion_there_is_nothing_to_compare() -> None:
    """The output says what blocks the rollouts instead."""
    policy = Policy("churn", (ModelSelector("m"),), (WeightStep(10),))
    assert pace(policy, None, timedelta(hours=1)) is None


@pytest.mark.parametrize("command", ["check", "explain"])
def test_both_commands_compare(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As text, and as numbers in JSON."""
    assert main(["policy", command, CHURN, *QUICK, "--every", "7m"]) == 0
    assert "a version every 7 min is registered faster than a rollout takes" in capsys.readouterr().out
    assert main(["policy", command, CHURN, *QUICK, "--every", "7m", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    estimate = found["estimate"] if command == "explain" else found["policies"][0]["estimates"][0]
    assert estimate["pace"]["every"] == 7
    assert estimate["pace"]["rollout"] == estimate["minutes_to_promotion"]


def test_a_wrong_interval_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """It is refused before anything is simulated."""
    assert main(["policy", "check", CHURN, "--every", "often"]) == 2
    assert "--every" in capsys.readouterr().err
