"""Clocks that step, processes that stall, and orders that must no longer be given."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from shared.core.phases import Phase
from shared.core.rollout import Verb
from shared.errors import Temporary
from tests.faults.disturbance import Crash, Kind, Plan, controller
from tests.faults.laws import lawful_world
from tests.faults.moments import Interruption, going_back, orders
from tests.scenarios.world import BLUE, CHURN, GREEN, MINUTE, World

HOUR = timedelta(hours=1)


def dead_while_acting() -> World:
    """Return a world in which a process died with the lease, just before it returned traffic to blue."""
    undisturbed, world = Plan(), lawful_world()
    going_back(world)
    controller(world, undisturbed).reconcile(CHURN)
    died = lawful_world()
    going_back(died)
    with pytest.raises(Crash):
        controller(died, Plan({orders(undisturbed.passed)[0]: Kind.CRASH}), "dead").reconcile(CHURN)
    return died


@pytest.mark.parametrize("step", [-HOUR, -5 * MINUTE, timedelta(0), 5 * MINUTE, HOUR], ids=str)
def test_a_dead_process_is_replaced_within_two_minutes_whatever_the_clock_does(step: timedelta) -> None:
    """Otherwise a clock set back by an hour would delay the rollback for that hour."""
    world = dead_while_acting()
    world.clock.pass_(step)
    for _ in range(3):
        world.controller("other").reconcile(CHURN)
        world.endpoints.finish()
        world.clock.pass_(MINUTE)
    assert world.seen.traffic == {BLUE: 100}


def stall(world: World, then: Plan) -> None:
    """Let three minutes pass in which another process does the work."""
    world.clock.pass_(3 * MINUTE)
    controller(world, then, "other").reconcile(CHURN)


def test_a_process_that_stalled_before_acting_gives_no_order() -> None:
    """Its lease is over and another process has acted; a process checks its lease before each order."""
    undisturbed, world = Plan(), lawful_world()
    going_back(world)
    controller(world, undisturbed).reconcile(CHURN)
    saved = undisturbed.passed.index("after commit")
    world, theirs = lawful_world(), Plan()
    going_back(world)
    mine = Interruption(saved, partial(stall, world, theirs))
    controller(world, mine, "one").reconcile(CHURN)
    assert orders(theirs.passed)
    assert not mine.orders


@pytest.mark.parametrize("step", [6 * MINUTE, -6 * MINUTE], ids=str)
def test_a_process_that_stalls_while_it_observes_decides_nothing(step: timedelta) -> None:
    """What it read is too old to decide on; if the clock was set back instead, its age is unknown."""
    undisturbed, world = Plan(), lawful_world()
    going_back(world)
    controller(world, undisturbed).reconcile(CHURN)
    look = undisturbed.passed.index("after see")
    world = lawful_world()
    going_back(world)
    stalled = Interruption(look, partial(world.clock.pass_, step))
    controller(world, stalled).reconcile(CHURN)
    assert "before commit" not in stalled.passed


def test_a_process_that_stalls_while_it_checks_its_lease_gives_no_order() -> None:
    """No other process has acted, but what it decided on is three minutes old."""
    undisturbed, world = Plan(), lawful_world()
    going_back(world)
    controller(world, undisturbed).reconcile(CHURN)
    look = undisturbed.passed.index("before rollout", undisturbed.passed.index("after commit"))
    world = lawful_world()
    going_back(world)
    stalled = Interruption(look, partial(world.clock.pass_, 3 * MINUTE))
    controller(world, stalled).reconcile(CHURN)
    assert not stalled.orders


def test_a_process_with_a_slow_clock_gives_no_order_once_another_holds_the_lease() -> None:
    """By its own clock its lease is still in force, but the record names another process, which took over and died."""
    undisturbed, world = Plan(), lawful_world()
    going_back(world)
    controller(world, undisturbed).reconcile(CHURN)
    look = undisturbed.passed.index("before rollout", undisturbed.passed.index("after commit"))
    world, theirs = lawful_world(), Plan({orders(undisturbed.passed)[0]: Kind.CRASH})
    going_back(world)

    def taken_over() -> None:
        with pytest.raises(Crash):
            stall(world, theirs)

    began, slow = world.clock(), Interruption(look, taken_over)
    replace(controller(world, slow, "one"), clock=lambda: began).reconcile(CHURN)
    assert not slow.orders


def test_a_process_that_stalled_while_acting_leaves_the_lease_of_another() -> None:
    """Its order took three minutes. Another process took over meanwhile and died: that lease must expire by itself."""
    undisturbed, world = Plan(), lawful_world()
    going_back(world)
    controller(world, undisturbed).reconcile(CHURN)
    ordered = orders(undisturbed.passed)[0]
    world, theirs = lawful_world(), Plan({ordered: Kind.CRASH})
    going_back(world)

    def taken_over() -> None:
        with pytest.raises(Crash):
            stall(world, theirs)

    controller(world, Interruption(ordered, taken_over), "one").reconcile(CHURN)
    lease = world.rollout().lease
    assert lease is not None
    assert lease.holder == "other"


def test_a_process_that_cannot_check_its_lease_gives_no_order() -> None:
    """Storage that does not answer may be giving the lease to another process."""
    undisturbed, world = Plan(), lawful_world()
    going_back(world)
    controller(world, undisturbed).reconcile(CHURN)
    look = undisturbed.passed.index("before rollout", undisturbed.passed.index("after commit"))
    world = lawful_world()
    going_back(world)
    unanswered = Plan({look: Kind.TEMPORARY})
    controller(world, unanswered).reconcile(CHURN)
    assert not orders(unanswered.passed)
    world.minutes(8)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.ROLLED_BACK, {BLUE: 100})


def test_a_rollback_is_carried_out_without_notifications() -> None:
    """Neither the table of minutes nor the queue of wake-ups can block an order."""
    world = lawful_world()
    world.register()
    world.until_weight(10)
    world.store.keeping.always = "the table of minutes is down"
    world.wakeups.faults.always = "the queue is down"
    world.ask(Verb.ROLLBACK)
    world.minutes(3)
    assert world.seen.traffic == {BLUE: 100}


def test_orders_are_given_before_notifications() -> None:
    """Notifications can hang, but by then the orders have been given."""
    plan, world = Plan(), lawful_world()
    going_back(world)
    controller(world, plan).reconcile(CHURN)
    assert plan.passed.index("before keep_minutes") > orders(plan.passed)[-1]


def test_a_failed_observation_that_cannot_be_recorded_is_not_a_failure() -> None:
    """The note that Azure does not answer is informational only."""
    world = lawful_world()
    world.register()
    world.minutes()
    world.endpoints.faults.always = "503"
    world.store.faults.planned.append(Temporary("storage, too"))
    world.controller().reconcile(CHURN)
    world.endpoints.faults.always = ""
    assert world.until(Phase.PROMOTED)


def test_a_request_that_arrives_between_decision_and_order_stops_the_order() -> None:
    """Green's first traffic is decided and saved; then an operator's rollback is accepted."""
    world = lawful_world()
    world.register()
    asked: list[str] = []

    def rolls_back(point: str) -> None:
        if point == "after commit" and world.rollout().weight and not asked:
            asked.append(point)
            world.ask(Verb.ROLLBACK)

    for _ in range(8):
        controller(world, rolls_back).reconcile(CHURN)
        world.endpoints.finish()
    assert asked
    assert not any(GREEN in traffic for traffic in world.endpoints.traffic_written)
    assert world.rollout().phase is Phase.ROLLED_BACK
