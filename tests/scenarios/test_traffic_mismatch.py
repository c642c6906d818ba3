"""Green gets a different share of the live requests than its weight: reported, and held if the policy says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.phases import Phase
from shared.core.policy import Policy
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import SmokeStep, WeightStep
from shared.views.rollouts import rollout_detail_view
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, MINUTE, POLICY, World

C = ReasonCode
SLOW = replace(POLICY, steps=(SmokeStep("smoke.jsonl"), WeightStep(10, settled_minutes=25), WeightStep(50)))
HOLDING = replace(SLOW, judge=replace(SLOW.judge, traffic_mismatch="hold"))


QUICK = replace(
    POLICY,
    steps=(SmokeStep("smoke.jsonl"), WeightStep(5), WeightStep(20), WeightStep(60)),
    judge=replace(POLICY.judge, telemetry_lag=4 * MINUTE),
)


def mismatched(policy: Policy = SLOW, leaning: float = 0.3, named: int = 0) -> World:
    """Return a world in which green has had its first weight for twenty minutes, but another share of the requests."""
    world = World(policy=policy, rpm=1200, leaning=leaning, addressed={GREEN: named} if named else {})
    world.register()
    world.until_weight(10)
    world.minutes(20)
    return world


@pytest.mark.parametrize("leaning", [0.3, 2.5])
def test_a_mismatch_is_reported_once_with_its_numbers(leaning: float) -> None:
    """Too few requests or too many: one entry, with green's share of the last requests and their number."""
    world = mismatched(leaning=leaning)
    (entry,) = world.entries(C.TRAFFIC_MISMATCH)
    green, blue = 120 * leaning, 1080
    assert entry.reason.facts["weight"] == 10
    assert entry.reason.facts["observed_share"] == pytest.approx(green / (green + blue), abs=0.001)
    assert entry.reason.facts["requests"] == pytest.approx(10 * (green + blue), rel=0.01)


def test_by_default_the_rollout_continues() -> None:
    """The judge compares failure rates, which needs no particular number of requests."""
    world = mismatched()
    world.until(Phase.PROMOTED)
    assert world.entries(C.HELD) == []


def test_the_policy_may_hold_the_rollout_until_the_share_is_right() -> None:
    """It is held in the step, then released and promoted without an operator."""
    world = mismatched(HOLDING)
    world.minutes(60)
    assert world.seen.traffic[GREEN] == 10
    world.leaning = 1.0
    world.minutes(15)
    released, ended = world.entries(C.RELEASED), world.entries(C.TRAFFIC_AS_WEIGHTED)
    assert (len(released), len(ended)) == (1, 1)
    world.until(Phase.PROMOTED)


def test_a_hold_is_one_entry_however_the_numbers_change() -> None:
    """The history says once why the rollout is held, with that minute's numbers."""
    world = mismatched(HOLDING)
    for minute in range(60):
        world.rpm, world.leaning = 1200 + 7 * minute, 0.2 + 0.002 * minute
        world.minutes()
    assert (len(world.entries(C.HELD)), world.entries(C.RELEASED)) == (1, [])


@pytest.mark.parametrize("leaning", [0.25, 2.8])
@pytest.mark.parametrize("rpm", [2000, 9000])
def test_steps_that_pass_quickly_hide_no_mismatch(rpm: int, leaning: float) -> None:
    """With much traffic each weight lasts only a few minutes. Green is held next to blue until the share is right."""
    world = World(policy=replace(QUICK, judge=replace(QUICK.judge, traffic_mismatch="hold")), rpm=rpm, leaning=leaning)
    world.register()
    world.minutes(90)
    assert 0 < world.seen.traffic[GREEN] < 60
    assert len(world.entries(C.TRAFFIC_MISMATCH)) == 1
    world.leaning = 1.0
    world.until(Phase.PROMOTED, within=90)


def test_a_mismatch_at_several_weights_has_the_share_that_they_should_bring() -> None:
    """Green's current weight says nothing about earlier minutes."""
    world = World(policy=QUICK, rpm=5000, leaning=2.8)
    world.register()
    world.until(Phase.PROMOTED)
    (entry,) = world.entries(C.TRAFFIC_MISMATCH)
    assert entry.reason.facts["weight"] == 20
    assert 0.05 < entry.reason.facts["expected_share"] < 0.2


def test_a_fair_share_in_steps_that_pass_quickly_is_none() -> None:
    """Each minute is compared with the weight that it had, even if it is judged after a change."""
    world = World(policy=QUICK, rpm=3000)
    world.register()
    world.until(Phase.PROMOTED)
    share = world.rollout().judging.evidence.traffic
    assert {sample.weight for sample in share.recent} == {20, 60}
    assert share.green == pytest.approx(share.expected(), abs=1)
    assert world.entries(C.TRAFFIC_MISMATCH) == []


def test_minutes_before_someone_else_changed_the_traffic_are_not_compared() -> None:
    """The edit may have been at any time during the last minute."""
    world = World(policy=QUICK, rpm=3000)
    world.register()
    world.until_weight(5)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={GREEN: 40, BLUE: 60})
    world.minutes(12)
    assert world.rollout().traffic.before is None
    assert world.rollout().judging.evidence.traffic.recent == ()


def test_an_operator_who_overrules_the_judge_overrules_the_hold() -> None:
    """For example, one who knows that the callers keep their connections open."""
    world = mismatched(HOLDING)
    world.ask(Verb.OVERRIDE, "one caller keeps a connection open")
    world.until(Phase.PROMOTED)


def test_a_rollback_is_never_held() -> None:
    """Holds only stop a rollout from advancing."""
    world = mismatched(HOLDING)
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK)


def test_requests_addressed_to_a_deployment_are_not_live() -> None:
    """Requests by name amount to three times green's share, and are not a mismatch."""
    world = mismatched(leaning=1.0, named=360)
    assert world.entries(C.TRAFFIC_MISMATCH) == []


def test_a_green_without_any_request_is_starved_rather_than_mismatched() -> None:
    """One problem is reported once, under its own name."""
    world = mismatched(leaning=0.0)
    assert len(world.entries(C.GREEN_STARVED)) == 1
    assert world.entries(C.TRAFFIC_MISMATCH) == []


def test_the_api_shows_the_share_that_green_receives() -> None:
    """As numbers, next to the verdict."""
    shown = rollout_detail_view(mismatched().rollout()).traffic_share
    assert shown is not None
    assert (shown.weight, shown.mismatch) == (10, True)
    assert shown.expected_requests == pytest.approx(shown.requests / 10, abs=0.1)
    assert shown.green_requests / shown.requests == pytest.approx(0.0323, abs=0.001)


def test_late_rows_take_back_what_was_concluded_without_them() -> None:
    """Most of green's rows arrive a quarter of an hour late; with them, its share is right."""
    world = mismatched()
    for index, row in enumerate(world.telemetry.rows):
        if row.deployment == GREEN and row.minute > world.clock.now - 25 * MINUTE:
            world.telemetry.rows[index] = replace(row, total=120)
    world.leaning = 1.0
    world.minutes(3)
    assert len(world.entries(C.TRAFFIC_AS_WEIGHTED)) == 1


def test_a_hold_that_began_while_the_next_weight_was_on_its_way_ends_too() -> None:
    """The hold ends only once the share is seen at that weight, so the weight must take effect during the hold."""
    world = World(policy=replace(POLICY, judge=replace(POLICY.judge, traffic_mismatch="hold")), leaning=0.3)
    world.register()
    world.minutes(60)
    assert world.rollout().hold is not None
    assert world.seen.traffic == {BLUE: 50, GREEN: 50}
    world.leaning = 1.0
    world.until(Phase.PROMOTED, within=60)
