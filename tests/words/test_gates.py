"""The sentences about what gates measure and require: one row for each measurement."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.gates import (
    GATE_KINDS,
    ClientErrorsGate,
    DisagreementGate,
    ErrorsGate,
    Gate,
    LatencyGate,
    LatencyLimit,
    PredictionReading,
    PredictionsGate,
    QueryGate,
)
from shared.core.gates.measured import GateFacts
from shared.core.telemetry.latency_buckets import edge
from shared.words.gates import MEASURED, measurement, requirement
from tests.core.test_readings import PROGRAMMED

SLOW: GateFacts = {
    "what": "slow_answers",
    "green_slower_than_milliseconds": 75.9,
    "blue_slower_than_milliseconds": 1274.0,
}
ALLOWED = "; at most 5% is allowed"
GREEN, WITHIN = "0.417% of 1,200", "(0.0378 to 1.23%)"
BLUE = "0.306% of 3,600 (0.0965 to 0.673%)"
ROWS: list[tuple[GateFacts, str]] = [
    ({"what": "failed_requests"}, f"green fails {GREEN} requests {WITHIN}, blue {BLUE}"),
    ({"what": "failed_requests", "limit": 0.05}, f"green fails {GREEN} requests {WITHIN}, blue {BLUE}{ALLOWED}"),
    ({"what": "rejected_requests"}, f"green rejects {GREEN} requests {WITHIN} as client errors, blue {BLUE}"),
    (SLOW, f"green takes longer than 75.9 ms for {GREEN} answers {WITHIN}, blue longer than 1.27 s for {BLUE}"),
    (
        {"what": "slow_minutes", "margin": 1.25, "green_total": 9},
        "green's P95 was more than 1.25 times blue's in 5 of 9 minutes",
    ),
    (
        {"what": "predicted_label", "label": "yes"},
        f"green predicts 'yes' in {GREEN} predictions {WITHIN}, blue in {BLUE}",
    ),
    (
        {"what": "disagreements", "limit": 0.05},
        f"green disagrees with blue on {GREEN} mirrored requests {WITHIN}{ALLOWED}",
    ),
    ({"what": "query_count", "gate": "stale"}, f"stale: green {GREEN} {WITHIN}, blue {BLUE}"),
    ({"what": "failed_requests", "green_bad": 0, "green_total": 0}, f"green fails none of 0 requests, blue {BLUE}"),
    ({"what": "from outside", "gate": "sizes"}, f"sizes: green {GREEN} {WITHIN}, blue {BLUE}"),
]


def counted(facts: GateFacts) -> GateFacts:
    """Return the facts with default counts where they have none."""
    usual = GateFacts(what="", item=0, gate="a gate", green_bad=5, green_total=1200, blue_bad=11, blue_total=3600)
    return {**usual, **facts}


@pytest.mark.parametrize(("facts", "text"), ROWS, ids=[row[0]["what"] for row in ROWS])
def test_what_a_gate_measured(facts: GateFacts, text: str) -> None:
    """The sentence has green's and blue's rates, their intervals, and the limit."""
    assert measurement(counted(facts)) == text


def test_every_measurement_has_a_row() -> None:
    """Every measurement with its own sentence is in the table above, and every kind of sample has one."""
    assert set(MEASURED) <= {facts["what"] for facts, _ in ROWS}


@given(
    what=st.sampled_from([*MEASURED, "from outside"]),
    green=st.tuples(st.integers(0, 10**8), st.floats(0, 1)),
    blue=st.tuples(st.integers(0, 10**8), st.floats(0, 1)),
    place=st.integers(0, 600),
)
def test_extreme_numbers_stay_readable(
    what: str, green: tuple[int, float], blue: tuple[int, float], place: int
) -> None:
    """One failure in fifty million is a plain percentage, and a latency of minutes is in seconds."""
    facts = GateFacts(
        what=what,
        gate="a gate",
        label="yes",
        margin=1.5,
        limit=0.02,
        green_bad=round(green[0] * green[1]),
        green_total=green[0],
        blue_bad=round(blue[0] * blue[1]),
        blue_total=blue[0],
        green_slower_than_milliseconds=edge(place + 5),
        blue_slower_than_milliseconds=edge(place),
    )
    text = measurement(facts)
    assert not PROGRAMMED.search(text), text
    assert not re.search(r"[{}]", text), text


REQUIRED: list[tuple[Gate, str]] = [
    (ErrorsGate(), "requests fail (5xx, crashes, 408, 429) no more often than on blue"),
    (
        ErrorsGate(at_most=0.02),
        (
            "requests fail (5xx, crashes, 408, 429) no more often than on blue, and at most 2% of them do, "
            "whatever blue does"
        ),
    ),
    (ClientErrorsGate(), "requests are rejected (4xx, also by the model itself) no more often than on blue"),
    (LatencyGate(), "answers take at most 1.25 times as long as blue's"),
    (
        LatencyGate(worse_than=1.5, at_most=(LatencyLimit(95, 40), LatencyLimit(99.9, 1000))),
        (
            "answers take at most 1.5 times as long as blue's, "
            "and 95% of them at most 40 ms, 99.9% of them at most 1 s, whatever blue does"
        ),
    ),
    (PredictionsGate(), "the predictions fall into classes as blue's do, give or take 2%"),
    (
        PredictionsGate(PredictionReading("/score", (0.2, 0.5))),
        "the predictions at /score fall into bins with borders at 0.2, 0.5 as blue's do, give or take 2%",
    ),
    (DisagreementGate(), "green disagrees with blue on at most 5% of the mirrored requests"),
    (
        DisagreementGate(PredictionReading("/label"), tolerance=0.01),
        "green disagrees with blue at /label on at most 5% of the mirrored requests (numbers within 0.01 agree)",
    ),
    (QueryGate("slow", "slow.kql"), "the share that slow.kql counts as bad is no larger than blue's"),
    (
        QueryGate("slow", "slow.kql", at_most=0.005),
        "the share that slow.kql counts as bad is no larger than blue's, and at most 0.5%, whatever blue does",
    ),
]


@pytest.mark.parametrize(("gate", "text"), REQUIRED)
def test_what_a_gate_requires(gate: Gate, text: str) -> None:
    """The sentence has what green must do, and the limits that apply whatever blue does."""
    assert requirement(gate) == text


def test_every_kind_of_gate_has_a_requirement() -> None:
    """Each kind has a row above."""
    assert set(GATE_KINDS) == {gate.kind for gate, _ in REQUIRED}
