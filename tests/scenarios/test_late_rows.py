"""Rows that arrive after their minute was judged are noticed before anything irreversible happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.core.phases import Phase
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode as Why
from shared.core.steps import PauseStep, SmokeStep, WeightStep
from tests.scenarios.late_rows import failures_after, late_world, rows_after
from tests.scenarios.world import BLUE, CHURN, GREEN, MINUTE, POLICY


@pytest.mark.parametrize("late", [3, 6, 9, 14, 28])
def test_failures_that_arrive_late_count_against_green(late: int) -> None:
    """Anywhere within the half hour that is watched, with a configured lag of three minutes."""
    world, _ = late_world(failures_after(late), rates={GREEN: 0.3})
    assert world.until(Phase.ROLLED_BACK, within=90).status.reason.code is Why.REGRESSION_DETECTED
    assert world.seen.traffic == {BLUE: 100}


@pytest.mark.parametrize("late", [11, 27])
def test_failures_that_arrive_late_are_noticed_in_a_pause(late: int) -> None:
    """A paused rollout does not advance, so no other check would read everything again."""
    world, _ = late_world(failures_after(late), rates={GREEN: 0.2})
    world.until_weight(10)
    world.minutes(6)
    world.ask(Verb.PAUSE)
    assert world.until(Phase.ROLLED_BACK, within=60).status.reason.code is Why.REGRESSION_DETECTED


def test_failures_that_arrive_before_the_promotion_prevent_it() -> None:
    """They are later than the half hour that is watched; the check before the promotion finds them."""
    steps = (SmokeStep("smoke.jsonl"), WeightStep(10), PauseStep(40 * MINUTE), WeightStep(50))
    world, _ = late_world(failures_after(45), policy=replace(POLICY, steps=steps), rates={GREEN: 0.3})
    world.until(Phase.PROMOTED, Phase.ROLLED_BACK, within=300)
    assert Phase.PROMOTED not in {entry.after for entry in world.history()}, world.told()
    assert world.rollout().status.reason.code is Why.REGRESSION_DETECTED


def test_failures_that_arrive_after_the_promotion_bring_blue_back() -> None:
    """Everything is read again before blue is deleted, so even rows that are an hour late are in time."""
    world, _ = late_world(failures_after(50), policy=replace(POLICY, keep_blue=timedelta(hours=1)), rates={GREEN: 0.3})
    world.until(Phase.PROMOTED)
    ended = world.until(Phase.ROLLED_BACK, within=90)
    assert ended.status.reason.code is Why.REGRESSION_DETECTED
    assert (world.seen.traffic, BLUE in world.seen.deployments) == ({BLUE: 100}, True)


@pytest.mark.parametrize(("late", "newer"), [(12, 0), (12, 15), (12, 100), (40, 0)])
def test_a_shared_outage_in_the_bake_that_shows_late_does_not_roll_back(late: int, newer: int) -> None:
    """Green was alone, so blue's past is no fair comparison: blue is kept, reported once, and an operator decides."""
    outage: set[datetime] = set()
    failed = failures_after(late)
    policy = replace(POLICY, keep_blue=timedelta(hours=1))
    world, _ = late_world(lambda row, age: failed(row, age) if row.minute in outage else row, policy=policy)
    world.until_weight(100)
    for minutes, rate in ((1, 0.0), (4, 0.6)):
        world.rates = {GREEN: rate}
        outage |= {world.clock().replace(second=0) + n * MINUTE for n in range(minutes)} if rate else set()
        world.minutes(minutes)
    world.rates = {}
    world.until(Phase.PROMOTED)
    world.minutes(newer or 15)
    if newer:
        world.register("8", event="e2")
    world.minutes(90)
    assert (world.rollout().phase, len(world.entries(Why.BLUE_KEPT_UNCOMPARED))) == (Phase.PROMOTED, 1), world.told()
    assert newer or BLUE in world.seen.deployments
    for handed in world.entries(Why.BLUE_HANDED_OVER):  # it may be needed, so it must not be deleted at once
        assert datetime.fromisoformat(handed.reason.facts["until"]) > handed.at


def test_failures_that_show_late_bring_blue_back_where_green_was_never_next_to_it() -> None:
    """A policy may go straight from the smoke test to all traffic; then blue's past is the only comparison."""
    policy = replace(POLICY, steps=(SmokeStep("smoke.jsonl"), WeightStep(100)), keep_blue=timedelta(hours=1))
    world, _ = late_world(failures_after(15), policy=policy, rates={GREEN: 0.2})
    world.until(Phase.PROMOTED)
    assert world.until(Phase.ROLLED_BACK, within=150).status.reason.code is Why.REGRESSION_DETECTED


def test_late_rows_that_change_nothing_are_reported_once_and_the_lag_is_raised() -> None:
    """The rollout continues, and from then on complete minutes are judged."""
    world, _ = late_world(lambda row, age: row if age >= 6 * MINUTE else replace(row, total=row.total - 1), lag=2)
    world.until(Phase.PROMOTED, within=120)
    (late,) = world.entries(Why.TELEMETRY_LATE)
    assert (late.reason.facts["limit_seconds"], late.reason.facts["delay_seconds"]) == (120, 360)
    assert world.rollout().telemetry_lag == 6 * MINUTE


def test_a_log_that_is_on_time_is_never_called_late() -> None:
    """Rows that are as late as the configured lag allows are on time."""
    world, _ = late_world(rows_after(4), lag=3)
    world.until(Phase.PROMOTED)
    assert not world.entries(Why.TELEMETRY_LATE, Why.BLUE_NOT_LOGGED)
    assert world.rollout().telemetry_lag == 3 * MINUTE


def test_a_reconcile_queries_telemetry_once() -> None:
    """Even during a recheck, a rollout costs one query per reconcile."""
    world, log = late_world(failures_after(7), rates={GREEN: 0.3})
    reconciles = 0
    while world.rollout().open:
        world.log_traffic()
        world.clock.pass_(MINUTE)
        world.endpoints.finish()
        world.controller().tick()
        while world.wakeups.woken:
            world.wakeups.woken.clear()
            before = len(log.asked)
            world.controller().reconcile(CHURN)
            reconciles += 1
            assert len(log.asked) - before <= 1
    assert reconciles > 10


def test_before_the_promotion_everything_since_greens_first_minute_is_read() -> None:
    """The last window that is read before the promotion starts at green's first minute."""
    world, log = late_world(rows_after(0))
    began = world.until_weight(10).rereading.began
    world.until(Phase.PROMOTED)
    assert log.asked[-1].since == began


def test_rereading_complete_minutes_changes_nothing() -> None:
    """The evidence is the same whether minutes are judged one by one or all at once."""
    world, _ = late_world(rows_after(0), rates={GREEN: 0.0004, BLUE: 0.0003})
    world.until(Phase.PROMOTED)
    before = world.rollout()
    world.until_finished(within=120)
    after = world.rollout()
    assert after.rereading.rechecked == before.judging.judged_until
    assert after.judging.evidence == before.judging.evidence


def test_blue_is_kept_while_its_last_reading_fails() -> None:
    """Rows may have arrived since, so blue stays, reported once; it is deleted once they can be read."""
    world, log = late_world(rows_after(0))
    world.until(Phase.PROMOTED)
    log.faults.always = "the workspace is away"
    world.minutes(120)
    (kept,) = world.entries(Why.BLUE_KEPT_UNCHECKED)
    assert (BLUE in world.seen.deployments, "the workspace is away" in kept.reason.facts["message"]) == (True, True)
    log.faults.always = ""
    world.until_finished(within=60)
    assert BLUE not in world.seen.deployments


def test_a_green_that_goes_back_after_blue_was_kept_unchecked_is_cleaned_up() -> None:
    """Even if a newer version takes the endpoint as soon as traffic has returned to blue."""
    world, log = late_world(rows_after(0))
    world.until(Phase.PROMOTED)
    log.faults.always = "the workspace is away"
    world.minutes(90)
    assert world.entries(Why.BLUE_KEPT_UNCHECKED)
    log.faults.always = ""
    world.ask(Verb.ROLLBACK)
    world.register("8", event="e2")
    world.until(Phase.PROMOTED, version="8", within=120)
    assert GREEN not in world.seen.deployments, world.told()


def test_a_long_rollout_is_read_again_in_parts() -> None:
    """In windows of six hours, without gaps or repetition."""
    world, log = late_world(rows_after(0), policy=replace(POLICY, judge=replace(POLICY.judge, inconclusive="pause")))
    began = world.until_weight(10).rereading.began
    world.ask(Verb.PAUSE)
    world.minutes(14 * 60)
    world.ask(Verb.RESUME)
    world.until(Phase.PROMOTED)
    parts = log.asked[-3:]
    assert (parts[0].since, [b.since for b in parts[1:]]) == (began, [a.until for a in parts[:-1]])
    assert all(part.until - part.since <= timedelta(hours=6) for part in parts)


@pytest.mark.parametrize("arm", [BLUE, GREEN])
@pytest.mark.parametrize("late", [5, 6])
def test_a_minute_waits_for_missing_rows(arm: str, late: int) -> None:
    """It waits for one more lag: no data is lost, and no deployment is reported as silent."""
    world, _ = late_world(rows_after(late, arm), lag=3)
    world.until_weight(50)
    world.minutes(12)
    rollout = world.rollout()
    began, until, counts = rollout.rereading.began, rollout.judging.judged_until, rollout.judging.evidence.gates[0]
    assert began is not None
    assert until is not None
    logged = {
        name: sum(r.total for r in world.telemetry.rows if r.deployment == name and began <= r.minute < until)
        for name in (GREEN, BLUE)
    }
    assert {GREEN: counts.counts().green_total, BLUE: counts.counts().blue_total} == logged
    assert not world.entries(Why.BLUE_NOT_LOGGED, Why.GREEN_STARVED)


def test_rows_that_stay_missing_are_reported_once() -> None:
    """After the wait the minutes are judged as they are, and missing rows are not evidence."""
    world, _ = late_world(rows_after(10_000, BLUE), lag=3)
    world.telemetry.rows += [replace(row, deployment=GREEN) for row in world.telemetry.rows]
    world.until_weight(10)
    world.minutes(30)
    (missing,) = world.entries(Why.BLUE_NOT_LOGGED)
    assert (missing.reason.facts["deployment"], missing.reason.facts["other"]) == (BLUE, GREEN)
    assert world.rollout().traffic.weight == 10


def test_a_quiet_deployment_is_not_waited_for() -> None:
    """If few requests are expected, having none is no sign of lateness."""
    world, _ = late_world(rows_after(0), rpm=20)
    world.until_weight(10)
    world.minutes(10)
    until = world.rollout().judging.judged_until
    assert until is not None
    assert world.clock() - until <= 5 * MINUTE


def test_what_a_late_log_rolls_back_is_cleaned_up_nevertheless() -> None:
    """Failures are twenty minutes late, longer than a rollback may take: green is deleted once blue is seen to work."""
    world, _ = late_world(failures_after(20), rates={GREEN: 0.3})
    assert world.until_finished(within=120).phase is Phase.ROLLED_BACK
    assert list(world.seen.deployments) == [BLUE], world.told()
