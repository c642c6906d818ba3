"""Suspicious versions are neither rolled back without proof nor allowed to advance."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.gates import ErrorsGate, PredictionsGate, QueryGate
from shared.core.phases import Phase
from shared.core.policy import Policy
from shared.core.rollout import Rollout, Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import MirrorStep, WeightStep
from shared.ports import Halt
from tests.scenarios.conduct import Conduct
from tests.scenarios.late_rows import late_world
from tests.scenarios.world import BLUE, GREEN, MIDNIGHT, MINUTE, POLICY, World

ADVANCE = replace(POLICY, judge=replace(POLICY.judge, inconclusive="advance"))


def suspected(world: World) -> Rollout:
    """Have green fail in a few minutes of its first step until it is suspicious, then send it no traffic."""
    world.register()
    world.until_weight(10)
    world.rates[GREEN] = 0.002
    for _ in range(20):
        verdict = world.rollout().verdict
        if verdict is not None and verdict.suspicious:
            break
        world.minutes()
    world.rates[GREEN] = 0.0
    world.rpm = 0
    return world.rollout()


def test_a_suspicious_version_is_not_advanced_when_patience_runs_out() -> None:
    """`inconclusive: advance` is for silence, not for odds that green is worse."""
    world = World(policy=ADVANCE)
    rollout = suspected(world)
    assert rollout.phase is Phase.STEPPING, world.told()
    world.until(Phase.PAUSED)
    assert GREEN in world.seen.traffic
    assert world.seen.traffic[GREEN] == 10


@pytest.mark.parametrize("rate", [0.07, 0.45])
def test_a_failing_version_is_not_advanced_when_blues_rows_are_lost(rate: float) -> None:
    """It can only be compared with blue's past, which had no such failures."""
    world, log = late_world(lambda row, _age: row, policy=ADVANCE, rates={GREEN: rate})
    log.arrival = lambda row, _age: row if row.deployment == GREEN or row.minute < MIDNIGHT else None
    world.scoring.unlucky = {BLUE: 1}  # so that nothing shows blue to be healthy
    world.minutes(90)
    assert world.rollout().hold is not None
    assert world.seen.traffic == {BLUE: 90, GREEN: 10}


def test_a_certificate_does_not_outlast_an_alarm() -> None:
    """Green is certified before a halt, in which blue's rows are lost and green begins to fail: no advance."""
    world, log = late_world(lambda row, _age: row)
    world.until_weight(10)
    world.store.set_halt(Halt("ada", "lunch", world.clock()))
    world.minutes(10)
    assert world.rollout().passes
    log.arrival = lambda row, _age: row if row.deployment == GREEN else None
    world.rates[GREEN] = 0.3
    world.scoring.unlucky = {BLUE: 1}
    world.minutes(8)
    world.store.set_halt(None)
    world.minutes(10)
    assert world.seen.traffic == {BLUE: 90, GREEN: 10}, world.told()


def test_a_certificate_for_copies_does_not_outlast_an_alarm() -> None:
    """Green passes on mirrored requests, then fails them once blue's rows are lost: no user gets its answers."""
    steps = (POLICY.steps[0], MirrorStep(20, timedelta(minutes=40)), WeightStep(10))
    world, log = late_world(lambda row, _age: row, policy=replace(POLICY, steps=steps))
    while not world.seen.mirror:
        world.minutes()
    world.minutes(15)
    assert world.rollout().passes
    log.arrival = lambda row, _age: row if row.deployment == GREEN else None
    world.rates[GREEN] = 0.3
    world.minutes(60)
    assert [each for each in world.endpoints.traffic_written if GREEN in each] == [], world.told()


def test_a_healthy_version_may_advance_although_blues_rows_are_lost() -> None:
    """The policy allows it, and green fails no more than blue did."""
    world, log = late_world(lambda row, _age: row, policy=ADVANCE)
    log.arrival = lambda row, _age: row if row.deployment == GREEN or row.minute < MIDNIGHT else None
    world.until_weight(50)


def test_a_suspicious_version_is_not_promoted_by_silence() -> None:
    """Promoted by hand while suspicious, it is held at 100 percent and rolled back at the step's deadline."""
    world = World()
    suspected(world)
    world.ask(Verb.PROMOTE, full=True)
    world.minutes(60)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PROMOTING, {GREEN: 100})
    taken_back = world.until(Phase.ROLLED_BACK, within=90)
    assert taken_back.observed.serving == BLUE
    assert (taken_back.status.reason.code, taken_back.status.reason.because is not None) == (
        ReasonCode.DEADLINE_EXCEEDED,
        True,
    )
    assert taken_back.status.reason.because is not None
    assert taken_back.status.reason.because.facts["log_odds_worse"] > 0


@pytest.mark.parametrize("rpm", [600, 6000])
@pytest.mark.parametrize("rate", [0.05, 0.2])
@pytest.mark.parametrize("after", [1, 2])
def test_a_version_whose_last_bake_minute_was_bad_is_not_promoted_yet(after: int, rate: float, rpm: int) -> None:
    """The earlier minutes were good and one bad minute is no proof of harm, so Teal waits for the next."""
    world = World(rpm=rpm)
    world.register()
    world.until_weight(100)
    world.minutes(after)
    world.rates[GREEN] = rate
    world.until(Phase.ROLLED_BACK, within=90)
    assert not world.entries(ReasonCode.NO_REGRESSION_SEEN), world.told()


USUAL = Conduct(predictions={"stay": 0.9, "leave": 0.1}, counted={"bad_scores": 0.02})
WORSE = {
    "unreadable": replace(USUAL, predictions={"stay": 0.36, "leave": 0.04, "(unreadable)": 0.6}),
    "other classes": replace(USUAL, predictions={"stay": 0.6, "leave": 0.4}),
    "a few more of one class": replace(USUAL, predictions={"stay": 0.78, "leave": 0.22}),
    "a query": replace(USUAL, counted={"bad_scores": 0.2}),
}


@pytest.mark.parametrize("what", WORSE)
@pytest.mark.parametrize("weight", [50, 100])
@pytest.mark.parametrize("last", [1, 2])
def test_no_gate_lets_green_on_right_after_a_minute_that_looks_harmful(last: int, weight: int, what: str) -> None:
    """Predictions and queries have no certificate, and one minute is no proof on a short past, so Teal waits."""
    gates = (ErrorsGate(), PredictionsGate(), QueryGate("bad_scores", "bad_scores.kql"))
    policy = replace(POLICY, judge=replace(POLICY.judge, gates=gates))
    good, minutes = _with_a_short_past(policy), 0
    while not _went_on(good, weight):
        good.minutes()
        minutes += 1
    world = _with_a_short_past(policy)
    world.minutes(minutes - last - policy.judge.telemetry_lag // MINUTE)
    world.conduct[GREEN] = WORSE[what]
    world.until(Phase.ROLLED_BACK, within=120)
    assert not world.entries(ReasonCode.NO_REGRESSION_SEEN), world.told()


def _with_a_short_past(policy: Policy) -> World:
    """Return a world in which only a quarter of an hour of blue's predictions was collected."""
    world = World(policy, rpm=900, conduct={BLUE: USUAL, GREEN: USUAL})
    collected = MIDNIGHT - 15 * MINUTE
    rows = [row if row.minute >= collected else replace(row, predictions=None) for row in world.telemetry.rows]
    world.telemetry.rows[:] = rows
    world.register()
    return world


def _went_on(world: World, weight: int) -> bool:
    """Return whether green has passed the step with this weight, or its bake."""
    rollout = world.rollout()
    return rollout.phase is Phase.PROMOTED if weight == 100 else rollout.traffic.weight > weight
