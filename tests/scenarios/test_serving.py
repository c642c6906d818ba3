"""What cannot be undone needs whoever serves to have been seen healthy in the last minutes, after every ending."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from shared.core.phases import Phase
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import WeightStep
from tests.scenarios.world import BLUE, GREEN, POLICY, World

C = ReasonCode


def rolled_back(world: World) -> None:
    """Have an operator roll back at the first weight."""
    world.register()
    world.until_weight(10)
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK)


def test_green_stands_while_the_blue_that_took_over_fails() -> None:
    """The failure is reported, once, and the last deployment that could help is not deleted."""
    world = World(rpm=900)
    rolled_back(world)
    world.rates = {BLUE: 0.8}
    world.until_finished(within=120)
    assert sorted(world.seen.deployments) == [BLUE, GREEN]
    assert len(world.entries(C.SERVING_UNHEALTHY)) == 1
    assert world.history()[-1].reason.code is C.LEFTOVER_KEPT


def test_green_is_deleted_once_blue_was_seen_healthy() -> None:
    """A few minutes of blue's own, after it took over, are enough."""
    world = World(rpm=900)
    rolled_back(world)
    world.until_finished(within=10)
    assert sorted(world.seen.deployments) == [BLUE]


def test_a_blue_that_recovers_lets_green_go() -> None:
    """It is watched until then, and both turns are in the history."""
    world = World(rpm=900)
    rolled_back(world)
    world.rates = {BLUE: 0.8}
    world.minutes(8)
    world.rates = {}
    world.until_finished()
    assert sorted(world.seen.deployments) == [BLUE]
    assert len(world.entries(C.SERVING_HEALTHY)) == 1


def test_silence_heals_nobody() -> None:
    """Callers who gave up on a failing blue prove nothing: without a smoke test to ask it, green stays."""
    world = World(replace(POLICY, steps=(WeightStep(10), WeightStep(50))), rpm=900)
    rolled_back(world)
    world.rates = {BLUE: 0.8}
    world.minutes(8)
    world.rpm = 0
    world.until_finished(within=120)
    assert sorted(world.seen.deployments) == [BLUE, GREEN]
    assert world.entries(C.SERVING_HEALTHY) == []


def test_blue_is_not_deleted_while_the_promoted_green_fails() -> None:
    """The time that blue is kept ends in the middle of green's trouble."""
    world = World(rpm=900)
    world.register()
    world.until(Phase.PROMOTED)
    world.rates = {GREEN: 0.6}
    world.minutes(60)
    assert BLUE in world.seen.deployments
    assert world.entries(C.SERVING_UNHEALTHY) != []


def test_blue_is_not_deleted_unseen() -> None:
    """Telemetry is away when blue's time is over."""
    world = World(rpm=900)
    world.register()
    world.until(Phase.PROMOTED)
    world.telemetry.faults.always = "the workspace is away"
    world.minutes(60)
    assert BLUE in world.seen.deployments


def test_an_idle_blue_is_probed_before_green_is_deleted() -> None:
    """Nobody calls the endpoint any more, so blue must answer the smoke requests."""
    world = World(rpm=900)
    rolled_back(world)
    world.rpm, world.scoring.answered = 0, lambda _name, _requests: None
    world.scoring.statuses, world.rates = {BLUE: 503}, {BLUE: 1.0}
    world.minutes(10)
    assert GREEN in world.seen.deployments
    world.scoring.statuses, world.rates = {}, {}
    world.until_finished()
    assert sorted(world.seen.deployments) == [BLUE]


def test_a_bake_without_telemetry_is_held_and_then_judged() -> None:
    """No clock promotes a green that nobody sees, and no deadline rolls it back for that."""
    world = World(policy=replace(POLICY, deadlines=replace(POLICY.deadlines, step=timedelta(hours=1))), rpm=900)
    world.register()
    world.until(Phase.PROMOTING)
    while world.seen.traffic != {GREEN: 100}:
        world.minutes()
    world.telemetry.faults.always = "the workspace is away"
    world.minutes(150)
    assert world.rollout().phase is Phase.PROMOTING
    assert [entry.reason.because.code for entry in world.entries(C.HELD) if entry.reason.because] == [C.BAKE_UNSEEN]
    world.telemetry.faults.always = ""
    world.until(Phase.PROMOTED)


def test_a_policy_that_advances_uncertified_never_does_so_blind() -> None:
    """`inconclusive: advance` is about evidence that is too little, not about none at all."""
    judge = replace(POLICY.judge, inconclusive="advance")
    world = World(policy=replace(POLICY, judge=judge), rpm=900)
    world.register()
    world.until_weight(10)
    world.telemetry.faults.always = "the workspace is away"
    world.minutes(90)
    assert (world.rollout().phase, world.seen.traffic[GREEN]) == (Phase.PAUSED, 10)
