"""`report.json` has the measured results."""

from __future__ import annotations

import json
from dataclasses import replace

from cli.demo.report import asked_by, report, totals
from tests.demo.performances import at, performance

PASSED = [{"title": "all", "passed": True, "checks": []}]


def test_each_rollout_has_its_outcome_and_reason() -> None:
    """Model, outcome, reason, serving deployment and evidence at the decision are Teal's own."""
    second, third = report(performance(), PASSED)["rollouts"]
    assert (second["version"], second["outcome"], second["reason"]) == ("2", "promoted", "reason of 2")
    assert (third["outcome"], third["evidence"], third["serving_deployment"]) == (
        "rolled-back",
        {"outcome": "fail", "gates": []},
        "diabetes-2",
    )


def test_the_evidence_of_every_minute_is_kept() -> None:
    """The report has each gate's readings after each minute as returned by Teal; none if they were not requested."""
    whole = performance()
    second, third = report(whole, PASSED)["rollouts"]
    assert second["evidence_by_minute"] == whole.evidence["2"]
    assert [minute["weight"] for minute in third["evidence_by_minute"]] == [10, 10]
    assert report(replace(whole, evidence={}), PASSED)["rollouts"][0]["evidence_by_minute"] == []


def test_an_operator_s_decision_is_distinguished_from_teal_s() -> None:
    """The history says who moved the rollout."""
    whole = performance()
    assert [asked_by(rollout) for rollout in whole.rollouts.values()] == [None, None]
    by_hand = {"history": [{"from": "stepping", "to": "rolling-back", "actor": "anna"}]}
    assert asked_by(by_hand) == "anna"


def test_steps_are_the_shares_observed_in_azure_with_their_requests() -> None:
    """Half of 40 requests went to green at 50 %, then all of them until the rollout ended."""
    steps = report(performance(), PASSED)["rollouts"][0]["steps"]
    assert [(step["weight"], step["minutes"]) for step in steps] == [(50, 4.0), (100, 3.0)]
    assert steps[0]["requests"]["diabetes-2"] == {"requests": 20, "failed": 0}
    assert (steps[0]["began"], steps[0]["ended"]) == (at(2), at(6))


def test_failures_are_compared_with_an_immediate_switch() -> None:
    """Version 3 was live from minute 12.3 to 16.3: five requests failed, and the same five rows would fail there."""
    compared = report(performance(), PASSED)["switched_at_once"]
    assert (compared["green_requests"], compared["failed"], compared["would_have_failed"]) == (5, 5, 5)
    assert compared["requests"] == 41


def test_totals_count_every_request_once() -> None:
    """200 requests in just under 20 minutes, five of them failed."""
    counted = totals(performance().samples)
    assert (counted["requests"], counted["failed"], counted["without_answer"]) == (200, 5, 0)
    assert sum(each["requests"] for each in counted["per_deployment"].values()) == 200
    assert counted["requests_per_minute"] == 10.0


def test_the_actual_speed_is_reported() -> None:
    """20 minutes took 25 seconds instead of 20 at full speed."""
    whole = report(performance(), PASSED)
    assert (whole["seconds"], whole["clock"]["speed"], whole["clock"]["average_speed"]) == (25.0, 60.0, 48.0)


def test_one_failed_scene_fails_the_demo() -> None:
    """It passes only if every scene did, and not if none was run."""
    assert report(performance(), PASSED)["passed"]
    assert not report(performance(), [*PASSED, {"title": "last", "passed": False, "checks": []}])["passed"]
    assert not report(performance(), [])["passed"]


def test_the_report_is_json() -> None:
    """It survives a round trip."""
    whole = report(performance(), PASSED)
    assert json.loads(json.dumps(whole)) == whole
