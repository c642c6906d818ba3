"""Telemetry stops and green fails everything from then on: no old verdict and no elapsed time advances it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.phases import Phase
from shared.core.policy import FreezeWindow, Policy
from shared.core.policy.step import Step
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, WeightStep
from shared.ports import Halt
from tests.scenarios.late_rows import failures_after, late_world
from tests.scenarios.test_incidents import holds
from tests.scenarios.world import BLUE, GREEN, MIDNIGHT, MINUTE, POLICY, World

C = ReasonCode
SMOKE = SmokeStep("smoke.jsonl")


def stepping(*steps: Step) -> Policy:
    """Return a policy with these steps after the smoke test."""
    return replace(POLICY, steps=(SMOKE, *steps), deadlines=replace(POLICY.deadlines, step=timedelta(hours=12)))


def paused(world: World, minutes: int) -> None:
    """Reach a pause step and stay in it for some minutes."""
    world.until(Phase.PAUSED)
    world.minutes(minutes)


def mirrored(world: World) -> None:
    """Let green answer mirrored requests for some minutes."""
    while not world.seen.mirror:
        world.minutes()
    world.minutes(12)


def paused_by_hand(world: World) -> None:
    """Have an operator pause at the first weight, until green passes."""
    world.until_weight(10)
    world.ask(Verb.PAUSE)
    world.minutes(25)


FROZEN = replace(POLICY, freeze=(FreezeWindow("night", since=MIDNIGHT + 4 * MINUTE, until=MIDNIGHT + 90 * MINUTE),))
ROWS: dict[str, tuple[Policy, Callable[[World], None]]] = {
    "a pause with a time": (
        stepping(WeightStep(10), PauseStep(45 * MINUTE), WeightStep(50)),
        lambda world: paused(world, 5),
    ),
    "a last pause": (stepping(WeightStep(10), PauseStep(30 * MINUTE)), lambda world: paused(world, 20)),
    "a pause before the first weight": (
        stepping(PauseStep(40 * MINUTE), WeightStep(10)),
        lambda world: paused(world, 5),
    ),
    "a mirror with a time": (stepping(MirrorStep(20, 50 * MINUTE), WeightStep(10)), mirrored),
    "a pause by an operator": (stepping(WeightStep(10), WeightStep(50)), paused_by_hand),
    "a freeze": (FROZEN, lambda world: world.minutes(30)),
}


@pytest.mark.parametrize("silent", [False, True], ids=["no answer", "silent"])
@pytest.mark.parametrize(("policy", "reach"), ROWS.values(), ids=ROWS)
def test_nothing_advances_while_telemetry_is_away(
    policy: Policy, reach: Callable[[World], None], *, silent: bool
) -> None:
    """The rollout is held, and the hold names the problem; once telemetry is back, green is judged and rolled back."""
    world = World(policy, rpm=900)
    world.register()
    reach(world)
    share = world.seen.traffic.get(GREEN, 0)
    if silent:
        world.rpm = 0
    else:
        world.telemetry.faults.always = "503"
    world.rates = {GREEN: 1.0}
    for minute in range(120):
        if minute == 60 and world.rollout().phase is Phase.PAUSED and not world.rollout().progress.in_pause_step:
            world.ask(Verb.RESUME)
        world.minutes()
        assert world.seen.traffic.get(GREEN, 0) == share, world.told()
    assert C.TELEMETRY_UNAVAILABLE in holds(world)
    world.rpm, world.telemetry.faults.always = 900, ""
    if share or world.seen.mirror:
        assert world.until(Phase.ROLLED_BACK, within=10).status.reason.code is C.REGRESSION_DETECTED


def test_an_operators_promotion_does_not_wait_for_telemetry() -> None:
    """An operator who asks for the next weight gets it, and nothing more."""
    world = World(stepping(WeightStep(10), WeightStep(40), WeightStep(70)), rpm=900)
    world.register()
    world.until_weight(10)
    world.telemetry.faults.always = "503"
    world.minutes(5)
    world.ask(Verb.PROMOTE)
    world.minutes(60)
    assert world.seen.traffic[GREEN] == 40


def test_an_operators_promotion_does_not_end_the_step_that_it_began() -> None:
    """Green is certified during a halt, then fails a little while telemetry is away: that is judged first."""
    world = World(stepping(WeightStep(10), WeightStep(40), WeightStep(70)), rpm=900)
    world.register()
    world.until_weight(10)
    world.ask(Verb.PROMOTE)
    world.until_weight(40)
    world.store.set_halt(Halt("ada", "network works", MIDNIGHT))
    while not world.rollout().passes:
        world.minutes()
    world.telemetry.faults.always, world.rates = "503", {GREEN: 0.004}
    world.minutes(3)
    world.store.set_halt(None)
    world.rates = {}
    world.minutes(5)
    world.telemetry.faults.always = ""
    world.minutes(2)
    assert (world.seen.traffic[GREEN], holds(world)) == (40, [C.HALTED, C.TELEMETRY_UNAVAILABLE])


def test_an_operators_promotion_to_a_mirror_gives_no_more_than_that() -> None:
    """Telemetry stops during the timed mirror: the operator asked for the mirror, not for what follows it."""
    world = World(stepping(MirrorStep(10), MirrorStep(20, 40 * MINUTE), WeightStep(10)), rpm=900)
    world.register()
    while not world.seen.mirror:
        world.minutes()
    world.ask(Verb.PROMOTE)
    while world.seen.mirror != {GREEN: 20}:
        world.minutes()
    world.minutes(10)
    world.telemetry.faults.always = "503"
    world.minutes(90)
    assert (world.seen.traffic, holds(world)) == ({BLUE: 100}, [C.TELEMETRY_UNAVAILABLE])


@pytest.mark.parametrize(("rate", "began"), [(0.2, 15), (0.24, 4)])
def test_green_gets_no_first_traffic_in_an_incident_that_has_begun(rate: float, began: int) -> None:
    """Blue began to fail shortly before the version was registered, but not badly enough to delay creating green."""
    world = World(replace(POLICY, judge=replace(POLICY.judge, history=timedelta(hours=6))), rpm=900)
    minutes = [replace(world.telemetry.rows[0], minute=MIDNIGHT - n * MINUTE) for n in range(360, 0, -1)]
    world.telemetry.rows = [
        replace(row, bad=round(row.total * rate)) if row.minute >= MIDNIGHT - began * MINUTE else row for row in minutes
    ]
    world.rates = {BLUE: rate, GREEN: rate}
    world.register()
    world.minutes(40)
    assert (world.seen.traffic, holds(world)) == ({BLUE: 100}, [C.INCIDENT])
    world.rates = {}
    world.until(Phase.PROMOTED, within=120)


def test_green_gets_no_first_traffic_in_an_incident_that_began_in_a_pause() -> None:
    """The pause before the first weight ends in the middle of an outage."""
    world = World(stepping(PauseStep(20 * MINUTE), WeightStep(10)), rpm=900)
    world.register()
    paused(world, 10)
    world.rates = {BLUE: 0.6, GREEN: 0.6}
    world.minutes(40)
    assert (world.seen.traffic, holds(world)) == ({BLUE: 100}, [C.INCIDENT])


def test_a_version_that_is_the_fix_gets_its_first_traffic_in_the_incident_if_the_policy_says_so() -> None:
    """The policy says `failing_blue: replace`, and green passed its smoke test."""
    judge = replace(POLICY.judge, failing_blue="replace", history=timedelta(hours=6))
    world = World(replace(POLICY, judge=judge), rpm=900)
    minutes = [replace(world.telemetry.rows[0], minute=MIDNIGHT - n * MINUTE) for n in range(360, 0, -1)]
    world.telemetry.rows = [
        replace(row, bad=row.total // 2) if row.minute >= MIDNIGHT - 9 * MINUTE else row for row in minutes
    ]
    world.rates = {BLUE: 0.5}
    world.register()
    world.until(Phase.PROMOTED)


def test_an_incident_after_a_long_calm_is_found_as_soon_as_ever() -> None:
    """The calm minutes before the incident do not delay its detection."""
    world = World(stepping(PauseStep(90 * MINUTE), WeightStep(10), WeightStep(50)), rpm=150)
    world.register()
    paused(world, 10)
    world.minutes(82)
    world.until_weight(10)
    world.rates = {BLUE: 0.03, GREEN: 0.03}
    world.minutes(120)
    assert (world.seen.traffic[GREEN], holds(world)) == (10, [C.INCIDENT])


@pytest.mark.parametrize("late", [18, 26])
def test_rows_that_are_later_than_patience_do_not_promote_unseen(late: int) -> None:
    """Failures arrive so late that the lag exceeds patience when green begins to fail two minutes into its bake."""
    policy = stepping(WeightStep(10, settled_minutes=60, patience=timedelta(hours=3)))
    judge = replace(policy.judge, patience=timedelta(minutes=late - 3))
    usual = {BLUE: 0.002, GREEN: 0.002}
    world, _ = late_world(failures_after(late), policy=replace(policy, judge=judge), rates=usual)
    world.until(Phase.PROMOTING, within=200)
    world.until_weight(100)
    world.minutes(2)
    world.rates = {GREEN: 0.9}
    assert world.until(Phase.ROLLED_BACK, Phase.PROMOTED, within=100).phase is Phase.ROLLED_BACK
