"""`report.json` says what happened, from what was measured."""

from __future__ import annotations

import json
from dataclasses import replace

from cli.demo.report import asked_by, report, totals
from tests.demo.performances import at, performance

PASSED = [{"title": "all", "passed": True, "checks": []}]


def test_each_rollout_says_what_became_of_it_and_why() -> None:
    """Model, outcome, reason, who serves and what was known at the decision are Teal's own words."""
    second, third = report(performance(), PASSED)["rollouts"]
    assert (second["version"], second["outcome"], second["reason"]) == ("2", "promoted", "reason of 2")
    assert (third["outcome"], third["evidence"], third["serving_deployment"]) == (
        "rolled-back",
        {"outcome": "fail", "gates": []},
        "diabetes-2",
    )


def test_the_evidence_of_every_minute_is_kept() -> None:
    """What each gate said after each minute stands in the report as Teal gave it; none where Teal was not asked."""
    whole = performance()
    second, third = report(whole, PASSED)["rollouts"]
    assert second["evidence_by_minute"] == whole.evidence["2"]
    assert [minute["weight"] for minute in third["evidence_by_minute"]] == [10, 10]
    assert report(replace(whole, evidence={}), PASSED)["rollouts"][0]["evidence_by_minute"] == []


def test_who_asked_is_told_from_what_teal_decided() -> None:
    """The history knows who moved the rollout; a person's name comes from there."""
    whole = performance()
    assert [asked_by(rollout) for rollout in whole.rollouts.values()] == [None, None]
    by_hand = {"history": [{"from": "stepping", "to": "rolling-back", "actor": "anna"}]}
    assert asked_by(by_hand) == "anna"


def test_steps_are_the_shares_that_azure_showed_with_their_requests() -> None:
    """Half of 40 requests went to green at 50 %, all of the next until the rollout was over."""
    steps = report(performance(), PASSED)["rollouts"][0]["steps"]
    assert [(step["weight"], step["seconds"]) for step in steps] == [(50, 4.0), (100, 3.0)]
    assert steps[0]["requests"]["diabetes-2"] == {"requests": 20, "failed": 0}
    assert (steps[0]["began"], steps[0]["ended"]) == (at(2), at(6))


def test_failures_are_compared_with_a_switch_of_all_traffic_at_once() -> None:
    """Version 3 was live from second 12.3 to 16.3: five of its requests failed, as would the same five rows."""
    compared = report(performance(), PASSED)["switched_at_once"]
    assert (compared["green_requests"], compared["failed"], compared["would_have_failed"]) == (5, 5, 5)
    assert compared["requests"] == 41


def test_totals_count_every_request_once() -> None:
    """200 requests in just under 20 seconds, five of them failed."""
    counted = totals(performance().samples)
    assert (counted["requests"], counted["failed"], counted["without_answer"]) == (200, 5, 0)
    assert sum(each["requests"] for each in counted["per_deployment"].values()) == 200
    assert counted["requests_per_second"] == 10.1


def test_one_failed_scene_fails_the_whole() -> None:
    """The report passes only if every scene did, and not if none was played."""
    assert report(performance(), PASSED)["passed"]
    assert not report(performance(), [*PASSED, {"title": "last", "passed": False, "checks": []}])["passed"]
    assert not report(performance(), [])["passed"]


def test_the_report_is_json() -> None:
    """Nothing in it needs more than JSON has."""
    whole = report(performance(), PASSED)
    assert json.loads(json.dumps(whole)) == whole
