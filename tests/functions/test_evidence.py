"""What the API shows about the judge: each gate's evidence now, and minute by minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from functions import reading
from shared.core.gates import DisagreementGate, ErrorsGate, LatencyGate, PredictionsGate, QueryGate
from shared.core.observation import DeploymentMinute
from shared.core.steps import MirrorStep, WeightStep
from shared.core.telemetry.latency_buckets import bucket
from shared.views.minutes import minute_view
from shared.wiring import use
from tests.functions.conftest import Calls, Found, app_over, iso
from tests.scenarios.conduct import Conduct
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, MIDNIGHT, MINUTE, POLICY, World

GATES = (
    ErrorsGate(),
    LatencyGate(),
    PredictionsGate(role="dry_run"),
    DisagreementGate(),
    QueryGate("fraud", "gates/fraud.kql", at_most=0.5),
)
ALIKE = Conduct(median=100.0, predictions={"stay": 1.0}, counted={"fraud": 0.0})
FIELDS = {
    "gate", "role", "summary", "measured", "green_bad", "green_total", "blue_bad", "blue_total", "green_interval",
    "blue_interval",
    "log_odds_worse", "odds_worse", "log_odds_worse_threshold", "odds_worse_threshold", "rollback_progress",
    "log_odds_safe", "odds_safe", "log_odds_safe_threshold", "odds_safe_threshold", "certificate_progress",
    "minutes_to_certificate", "settled_minutes", "missing",
}  # fmt: skip


@pytest.fixture
def calls(found: Found) -> Iterator[Calls]:
    """Return the functions on a world with every kind of gate, in which green has 10 percent."""
    policy = replace(POLICY, judge=replace(POLICY.judge, gates=GATES))
    calls = Calls(found, World(policy, conduct={BLUE: ALIKE, GREEN: ALIKE}))
    with use(app_over(calls.world)):
        calls.world.register()
        calls.world.until_weight(10)
        yield calls


def shown(calls: Calls, **query: str) -> dict[str, Any]:
    """Return the rollout as the API shows it."""
    rollout = calls.world.rollout().id
    status, content = calls.send("show_rollout", {"endpoint": ENDPOINT, "rollout": rollout, **query})
    assert status == 200
    return content


def gates(calls: Calls) -> dict[str, dict[str, Any]]:
    """Return each gate's current reading."""
    return {each["gate"]: each for each in shown(calls)["gates"]}


def test_each_gate_says_how_far_it_is_from_deciding(calls: Calls) -> None:
    """Each gate's counts, intervals, odds and thresholds, and progress between 0 and 1."""
    calls.world.minutes(2)
    found = gates(calls)
    assert {name: set(each) for name, each in found.items()} == dict.fromkeys([g.name for g in GATES], FIELDS)
    errors = found["errors"]
    assert (errors["role"], errors["green_bad"], errors["rollback_progress"]) == ("critical", 0, 0.0)
    assert 0.0 < errors["certificate_progress"] < 1.0
    assert errors["minutes_to_certificate"] >= 1
    assert (errors["green_interval"]["low"], errors["odds_safe_threshold"]) == (0.0, "20 : 1")


def test_what_a_gate_may_not_decide_has_no_line(calls: Calls) -> None:
    """A dry run has no rollback threshold, and a gate whose certificate the step does not need has none for that."""
    calls.world.minutes(2)
    found = gates(calls)
    nothing = {"log_odds_worse_threshold": None, "odds_worse_threshold": None, "rollback_progress": None}
    assert {key: found["predictions"][key] for key in nothing} == nothing
    none = {"log_odds_safe_threshold": None, "certificate_progress": None, "minutes_to_certificate": None}
    assert all({key: each[key] for key in none} == none for name, each in found.items() if name != "errors")


def test_a_gate_without_a_request_has_no_interval(calls: Calls) -> None:
    """Live traffic has no pairs of answers: disagreement is unknown, which is null and not 0."""
    calls.world.minutes(2)
    found = gates(calls)["disagreement"]
    assert (found["green_total"], found["green_interval"], found["blue_interval"]) == (0, None, None)


def test_evidence_is_shown_minute_by_minute_where_it_is_asked_for(calls: Calls) -> None:
    """`?evidence=true` adds every gate's readings to each judged minute; otherwise they are not read at all."""
    calls.world.minutes(3)
    assert shown(calls)["evidence"] is None
    assert shown(calls, evidence="false")["evidence"] is None
    evidence = shown(calls, evidence="TRUE")["evidence"]
    assert evidence[-1]["minute"] == iso(calls.world.clock() - 2 * MINUTE)
    assert [(each["weight"], each["mirror"]) for each in evidence] == [(10, 0)] * len(evidence)
    assert all([set(each) for each in minute["gates"]] == [FIELDS] * len(GATES) for minute in evidence)
    assert evidence[-1]["gates"] == shown(calls)["gates"]


def test_the_calibration_is_shown_by_gate_with_what_is_not_judged(calls: Calls) -> None:
    """Each gate's share of the risk, which adds up to all of it; and the gates that are left out, with the reason."""
    calibration = shown(calls)["calibration"]
    assert [each["gate"] for each in calibration["gates"]] == [gate.name for gate in GATES]
    assert sum(each["share"] for each in calibration["gates"]) == pytest.approx(1.0)
    assert set(calibration) == {"requests_per_minute", "gates", "unjudged"}  # none of the judge's tuning parameters
    assert (calibration["unjudged"], calibration["requests_per_minute"]) == ({}, 6000)


def test_a_mirrored_minute_says_how_much_was_mirrored(found: Found) -> None:
    """The mirror's percentage is in `mirror`, and green has no weight."""
    calls = Calls(found, World(replace(POLICY, steps=(*POLICY.steps[:1], MirrorStep(20, 10 * MINUTE), WeightStep(50)))))
    with use(app_over(calls.world)):
        calls.world.register()
        calls.world.minutes(12)
        evidence = shown(calls, evidence="true")["evidence"]
    assert evidence
    assert [(each["weight"], each["mirror"]) for each in evidence] == [(0, 20)] * len(evidence)


def test_minutes_are_shown_in_spans_that_lead_back_to_the_beginning(calls: Calls) -> None:
    """By default the newest hour; `minutes` and `before` page backwards, with every minute and its evidence once."""
    calls.world.minutes(7)
    whole = shown(calls, minutes="1500", evidence="true")
    spans: list[dict[str, Any]] = []
    before: dict[str, str] = {}
    for _ in range(4):
        spans.insert(0, shown(calls, minutes="3", evidence="true", **before))
        before = {"before": spans[0]["minutes"][0]["minute"]} if spans[0]["minutes"] else before
    for part in ("minutes", "evidence"):
        assert [each for span in spans for each in span[part]] == whole[part]
    assert len(whole["evidence"]) > 3
    assert shown(calls)["minutes"] == whole["minutes"]
    nothing = shown(calls, minutes="0", evidence="true")
    assert (nothing["minutes"], nothing["evidence"]) == ([], [])


def test_before_the_beginning_of_the_calendar_there_are_no_minutes(calls: Calls) -> None:
    """No error either: whoever pages backwards without an end gets there."""
    calls.world.minutes(3)
    assert shown(calls, before="0001-01-01T00:00:00Z")["minutes"] == []


def test_the_latency_shown_can_be_judged_again() -> None:
    """`teal policy simulate` reads it, and finds the bucket of each edge although the edge was rounded."""
    minute = DeploymentMinute(BLUE, MIDNIGHT, 400, 0, slowness=dict.fromkeys(range(400), 1))
    latency = minute_view(minute).latency
    assert latency is not None
    assert [bucket(each.up_to_ms) for each in latency] == list(range(400))


def test_of_a_long_history_the_newest_entries_are_shown(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Oldest first, with the total number."""
    whole = shown(calls)["history"]
    monkeypatch.setattr(reading, "MOST_ENTRIES", 2)
    assert shown(calls)["history"] == whole[-2:]
    assert shown(calls)["history_total"] == len(whole) > 2


@pytest.mark.parametrize("rates", [{GREEN: 1.0}, {GREEN: 1.0, BLUE: 1.0}, {BLUE: 1.0}, {}], ids=str)
def test_every_number_is_one_that_json_has(calls: Calls, rates: dict[str, float]) -> None:
    """If everything or nothing fails, the odds are huge, but the JSON still has valid numbers."""
    calls.world.rates |= rates
    calls.world.minutes(90)  # rolled back, promoted, or held for as long as blue fails
    whole = shown(calls, evidence="true")
    assert whole["evidence"]
    assert whole["history"]
