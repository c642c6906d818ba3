"""Processes that die or hang while they may act: others wait for the lease to expire, then do the work."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from shared.core.phases import Phase
from shared.core.rollout import Verb
from tests.faults.disturbance import Crash, Kind, Plan, controller
from tests.faults.laws import lawful_world
from tests.faults.moments import Interruption, going_back, orders
from tests.scenarios.world import BLUE, CHURN, GREEN, MINUTE


def test_a_dead_lease_holder_is_waited_for_and_then_replaced() -> None:
    """No other process acts while the lease is held; two minutes later any may."""
    undisturbed = Plan()
    going = lawful_world()
    going_back(going)
    controller(going, undisturbed).reconcile(CHURN)
    died = lawful_world()
    going_back(died)
    with pytest.raises(Crash):
        controller(died, Plan({orders(undisturbed.passed)[0]: Kind.CRASH}), "dead").reconcile(CHURN)
    died.controller("other").reconcile(CHURN)
    assert died.seen.traffic == {GREEN: 10, BLUE: 90}
    died.minutes(3)
    assert (died.rollout().phase, died.seen.traffic) == (Phase.ROLLED_BACK, {BLUE: 100})


def test_an_order_given_just_before_a_crash_is_rolled_back() -> None:
    """Azure accepted an order but does not show it yet, and its process died: the rollback waits for that order."""
    world = lawful_world()
    world.policy = replace(world.policy, on_rollback="keep")
    world.register()
    world.minutes()
    world.endpoints.finish()
    world.endpoints.hidden = True
    while not world.endpoints.traffic_written:
        with suppress(Crash):
            controller(world, dies_ordering).reconcile(CHURN)
    world.ask(Verb.ROLLBACK)
    world.clock.pass_(3 * MINUTE)
    for _ in range(3):
        world.controller().reconcile(CHURN)
    world.endpoints.hidden = False
    world.minutes(5)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.ROLLED_BACK, {BLUE: 100})


def dies_ordering(point: str) -> None:
    """Die when the traffic has been ordered."""
    if point == "after order":
        raise Crash


def test_a_process_that_hung_does_not_release_another_lease() -> None:
    """Two reconciles of one process: the first hangs beyond its lease, the second acts; the first does nothing."""
    plan, world = Plan(), lawful_world()
    going_back(world)
    controller(world, plan, "same").reconcile(CHURN)
    order = orders(plan.passed)[0]
    world = lawful_world()
    going_back(world)

    def die_acting() -> None:
        world.clock.pass_(3 * MINUTE)
        with pytest.raises(Crash):
            controller(world, Plan({order: Kind.CRASH}), "same").reconcile(CHURN)

    controller(world, Interruption(order, die_acting), "same").reconcile(CHURN)
    lease = world.rollout().lease
    assert lease is not None
    assert lease.until > world.clock()
    world.minutes(5)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.ROLLED_BACK, {BLUE: 100})
