"""The judge compared with independently computed values in `judge_vectors.json`, to a millionth, with `REFERENCE`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.core.judge import gate, panel
from shared.core.judge.burstiness import burstiness
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.odds import Counts, Null, log_e
from shared.core.judge.panel import Evidence, Panel, errors_minute
from shared.core.judge.tuning import REFERENCE

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "judge_vectors.json").read_text())
NEAR = pytest.approx


def counts_of(row: dict[str, Any]) -> Counts:
    """Return the four integers of a row."""
    return Counts(row["green_bad"], row["green_total"], row["blue_bad"], row["blue_total"])


@pytest.mark.parametrize("row", VECTORS["log_e"], ids=range(len(VECTORS["log_e"])))
def test_one_minute_is_worth_what_the_vectors_say(row: dict[str, Any]) -> None:
    """The logarithm of one minute's e-value matches for every bet and null of the vectors."""
    found = log_e(counts_of(row), row["bet"], Null(row["rho"], row["delta"]))
    assert found == NEAR(row["log_e"], abs=1e-6, rel=1e-9)


@pytest.mark.parametrize("row", VECTORS["burstiness"], ids=range(len(VECTORS["burstiness"])))
def test_burstiness_is_what_the_vectors_say(row: dict[str, Any]) -> None:
    """Phi of a past matches the vectors."""
    assert burstiness(row["bad"], row["total"]) == NEAR(row["phi"], abs=1e-6)


@pytest.mark.parametrize("sequence", VECTORS["sequences"], ids=range(len(VECTORS["sequences"])))
def test_a_whole_rollout_is_judged_as_the_vectors_say(sequence: dict[str, Any]) -> None:
    """Minute by minute, harm over the whole rollout and the certificate at each weight match."""
    setting = GateSetting(phi=sequence["phi"], budget=sequence["certificate"]["budget"])
    judges, evidence = Panel((setting,), REFERENCE), Evidence()
    for row in sequence["minutes"]:
        evidence = panel.add_minute(evidence, errors_minute(counts_of(row), row["weight"], row["next_weight"]), judges)
        (found,) = evidence.gates
        assert gate.log_harm(found, setting, REFERENCE) == NEAR(row["log_harm"], abs=1e-6)
        assert gate.log_certificate(found, setting, REFERENCE) == NEAR(row["log_certificate"], abs=1e-6)


@pytest.mark.parametrize("sequence", VECTORS["sequences"], ids=range(len(VECTORS["sequences"])))
def test_bad_minutes_needed_follow_from_burstiness(sequence: dict[str, Any]) -> None:
    """The number of bad minutes that roll back matches the vectors for each phi."""
    assert REFERENCE.bad_minutes(sequence["phi"]) == sequence["bad_minutes_needed"]


@pytest.mark.parametrize("sequence", VECTORS["sequences"][:1])
def test_the_nulls_are_those_of_the_vectors(sequence: dict[str, Any]) -> None:
    """The reference tuning has the vectors' assumptions."""
    assert Null(**sequence["minor"]) == REFERENCE.minor
    assert Null(**sequence["severe"]) == REFERENCE.severe
