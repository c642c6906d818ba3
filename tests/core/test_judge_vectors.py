"""The judge against values that were computed elsewhere: `judge_vectors.json`, to a millionth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.core.judge.burstiness import bad_minutes_needed, burstiness, certificate_temper
from shared.core.judge.gate import Calibration, Evidence, JudgedMinute, add_minute, begin_step
from shared.core.judge.odds import Counts, Null, log_e

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "judge_vectors.json").read_text())
NEAR = pytest.approx


def counts_of(row: dict[str, Any]) -> Counts:
    """Return the four integers of a row."""
    return Counts(row["green_bad"], row["green_total"], row["blue_bad"], row["blue_total"])


@pytest.mark.parametrize("row", VECTORS["log_e"], ids=range(len(VECTORS["log_e"])))
def test_one_minute_is_worth_what_the_vectors_say(row: dict[str, Any]) -> None:
    """The logarithm of one minute's e-value is met for every bet and null of the vectors."""
    found = log_e(counts_of(row), row["bet"], Null(row["rho"], row["delta"]))
    assert found == NEAR(row["log_e"], abs=1e-6, rel=1e-9)


@pytest.mark.parametrize("row", VECTORS["burstiness"], ids=range(len(VECTORS["burstiness"])))
def test_burstiness_is_what_the_vectors_say(row: dict[str, Any]) -> None:
    """Phi of a past is met."""
    assert burstiness(row["bad"], row["total"]) == NEAR(row["phi"], abs=1e-6)


@pytest.mark.parametrize("sequence", VECTORS["sequences"], ids=range(len(VECTORS["sequences"])))
def test_a_whole_rollout_is_judged_as_the_vectors_say(sequence: dict[str, Any]) -> None:
    """Minute by minute, harm over the whole rollout and the certificate afresh at each weight are met."""
    phi = sequence["phi"]
    calibration = Calibration(
        phi, bad_minutes_needed(phi), certificate_temper(phi), budget=sequence["certificate"]["budget"]
    )
    evidence, weight = Evidence(), None
    for row in sequence["minutes"]:
        if weight is not None and row["weight"] != weight:
            evidence = begin_step(evidence)
        weight = row["weight"]
        evidence = add_minute(evidence, JudgedMinute(counts_of(row), weight, row["next_weight"]), calibration)
        assert evidence.harm.log_odds == NEAR(row["log_harm"], abs=1e-6)
        assert evidence.certificate.log_odds == NEAR(row["log_certificate"], abs=1e-6)


@pytest.mark.parametrize("sequence", VECTORS["sequences"], ids=range(len(VECTORS["sequences"])))
def test_bad_minutes_needed_follow_from_burstiness(sequence: dict[str, Any]) -> None:
    """How many bad minutes roll back is what the vectors say for their phi."""
    assert bad_minutes_needed(sequence["phi"]) == sequence["bad_minutes_needed"]
