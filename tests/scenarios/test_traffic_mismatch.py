"""Green receives another share of the live requests than its weight: reported, and a hold if the policy says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.phases import Phase
from shared.core.policy import Policy
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import SmokeStep, WeightStep
from shared.views.rollouts import rollout_detail_view
from tests.scenarios.world import GREEN, MINUTE, POLICY, World

C = ReasonCode
SLOW = replace(POLICY, steps=(SmokeStep("smoke.jsonl"), WeightStep(10, settled_minutes=25), WeightStep(50)))
HOLDING = replace(SLOW, judge=replace(SLOW.judge, traffic_mismatch="hold"))


def mismatched(policy: Policy = SLOW, leaning: float = 0.3, named: int = 0) -> World:
    """Return a world in which green has had its first weight for twenty minutes, and other requests than that."""
    world = World(policy=policy, rpm=1200, leaning=leaning, addressed={GREEN: named} if named else {})
    world.register()
    world.until_weight(10)
    world.minutes(20)
    return world


@pytest.mark.parametrize("leaning", [0.3, 2.5])
def test_a_mismatch_is_reported_once_with_its_numbers(leaning: float) -> None:
    """Too few requests or too many: one entry, with the share of the last samples and how many requests they are."""
    world = mismatched(leaning=leaning)
    (entry,) = world.entries(C.TRAFFIC_MISMATCH)
    green, blue = 120 * leaning, 1080
    assert entry.reason.facts["weight"] == 10
    assert entry.reason.facts["observed_share"] == pytest.approx(green / (green + blue), abs=0.001)
    assert entry.reason.facts["requests"] == pytest.approx(10 * (green + blue), rel=0.01)


def test_by_default_the_rollout_continues() -> None:
    """The judge compares shares of failures, for which any number of requests will do."""
    world = mismatched()
    world.until(Phase.PROMOTED)
    assert world.entries(C.HELD) == []


def test_the_policy_may_hold_the_rollout_until_the_share_is_right() -> None:
    """Held in the step, then released and promoted without anybody's help."""
    world = mismatched(HOLDING)
    world.minutes(60)
    assert world.seen.traffic[GREEN] == 10
    world.leaning = 1.0
    world.minutes(15)
    released, ended = world.entries(C.RELEASED), world.entries(C.TRAFFIC_AS_WEIGHTED)
    assert (len(released), len(ended)) == (1, 1)
    world.until(Phase.PROMOTED)


def test_an_operator_who_overrules_the_judge_overrules_the_hold() -> None:
    """Such as one who knows that the callers keep their connections open."""
    world = mismatched(HOLDING)
    world.ask(Verb.OVERRIDE, "one caller keeps a connection open")
    world.until(Phase.PROMOTED)


def test_a_rollback_is_never_held() -> None:
    """Holds only stop a rollout from advancing."""
    world = mismatched(HOLDING)
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK)


def test_requests_addressed_to_a_deployment_are_not_live() -> None:
    """Three times green's share, all of them by name: nothing is wrong with the traffic."""
    world = mismatched(leaning=1.0, named=360)
    assert world.entries(C.TRAFFIC_MISMATCH) == []


def test_a_green_without_any_request_is_starved_rather_than_mismatched() -> None:
    """One thing is reported once, under its own name."""
    world = mismatched(leaning=0.0)
    assert len(world.entries(C.GREEN_STARVED)) == 1
    assert world.entries(C.TRAFFIC_MISMATCH) == []


def test_the_api_shows_the_share_that_green_receives() -> None:
    """In numbers, next to the verdict."""
    shown = rollout_detail_view(mismatched().rollout()).traffic_share
    assert shown is not None
    assert (shown.weight, shown.mismatch) == (10, True)
    assert shown.green_requests / shown.requests == pytest.approx(0.0323, abs=0.001)


def test_late_rows_take_back_what_was_concluded_without_them() -> None:
    """Most of green's rows come a quarter of an hour late; with them, its share is right."""
    world = mismatched()
    for index, row in enumerate(world.telemetry.rows):
        if row.deployment == GREEN and row.minute > world.clock.now - 25 * MINUTE:
            world.telemetry.rows[index] = replace(row, total=120)
    world.leaning = 1.0
    world.minutes(3)
    assert len(world.entries(C.TRAFFIC_AS_WEIGHTED)) == 1
