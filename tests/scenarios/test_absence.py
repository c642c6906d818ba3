"""Teal's own outages: unobserved time counts towards no deadline, is judged afterwards, and is reported."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.observation import EndpointSeen, Halt
from shared.core.phases import Phase
from shared.core.policy import Deadlines
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.words import sentence
from tests.scenarios.conduct import Conduct
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, MIDNIGHT, MINUTE, POLICY, World

C = ReasonCode
HALT = Halt("ada", "network works", MIDNIGHT)


def asleep(world: World, minutes: int) -> None:
    """Let time pass without ticks: traffic continues, and Azure carries out pending orders."""
    for _ in range(minutes):
        world.log_traffic()
        world.clock.pass_(MINUTE)
        world.endpoints.finish()


@pytest.mark.parametrize("away", [150, 700, 1700], ids=["past the step's deadline", "half a day", "past all deadlines"])
def test_a_good_green_survives_an_absence_of_any_length(away: int) -> None:
    """The backlog is judged, in however many reconciles that takes, and the rollout continues."""
    world = World(rpm=600)
    world.register()
    world.until_weight(10)
    asleep(world, away)
    world.until(Phase.PROMOTED)
    (gap,) = world.entries(C.OBSERVATION_RESUMED)
    assert gap.reason.facts["limit_seconds"] == pytest.approx((away + 1) * 60, abs=120)
    assert gap.reason.facts["message"] == "Teal did not run, or could not read the endpoint"


def test_the_history_says_what_was_not_observed() -> None:
    """The endpoint was read all the time; only telemetry was missing, and the entry says why."""
    world = World(rpm=600)
    world.register()
    world.until_weight(10)
    world.telemetry.faults.always = "the workspace is away"
    world.minutes(77)
    world.telemetry.faults.always = ""
    world.until(Phase.PROMOTED)
    (gap,) = world.entries(C.OBSERVATION_RESUMED)
    assert ": telemetry gave no answer: the workspace is away; deadlines do not count" in sentence(gap.reason)


def test_a_green_that_failed_meanwhile_is_rolled_back_for_that() -> None:
    """The reason is what the backlog shows, not the deadline, which passed too."""
    world = World(rates={GREEN: 0.3})
    world.register()
    world.until_weight(10)
    asleep(world, 400)
    assert world.until(Phase.ROLLED_BACK).status.reason.code is C.REGRESSION_DETECTED


def test_an_absence_does_not_count_as_waiting_for_a_gates_past() -> None:
    """Latency's past is missing before the outage and for a minute after it; latency is judged nevertheless."""
    usual = Conduct(median=80.0)
    world = World(rpm=600, conduct={BLUE: usual, GREEN: replace(usual, median=240.0)})
    world.telemetry.missing = {"latency": "throttled"}
    world.register()
    world.minutes(4)
    asleep(world, 180)
    world.minutes(1)
    world.telemetry.missing = {}
    assert world.until(Phase.ROLLED_BACK).status.reason.facts["gate"] == "latency"


@pytest.mark.parametrize("usual", [600, 0], ids=["as busy as ever", "without requests in its past"])
def test_nothing_advances_before_the_whole_backlog_is_judged(usual: int) -> None:
    """A green that began to fail in the thirteenth hour does not advance on its first six good hours.

    On an endpoint without past requests, a reading that ends hours ago looks like silence, which would be usual there.
    """
    world = World(rpm=usual)
    world.telemetry.rows = [row for row in world.telemetry.rows if row.total]
    world.register()
    step = world.until_weight(10).progress.step
    world.rpm = 600
    asleep(world, 760)
    world.rates = {GREEN: 0.5}
    asleep(world, 60)
    assert world.until(Phase.ROLLED_BACK).progress.step == step
    assert max(entry.weight for entry in world.history()) == 10


def test_a_green_that_became_ready_meanwhile_is_not_late() -> None:
    """Azure finished while Teal was away: the rollout continues with its first step."""
    world = World(policy=replace(POLICY, deadlines=Deadlines(provisioning=timedelta(minutes=12))))
    world.register()
    world.minutes(1)
    asleep(world, 45)
    world.minutes(1)
    assert world.rollout().phase is Phase.STEPPING


def hidden(world: World) -> EndpointSeen:
    """Have green ordered and rolled back while reads still show the time before the order; return the real endpoint."""
    world.register()
    world.settle()
    ordered = world.seen
    world.endpoints.seen[ENDPOINT] = replace(ordered, deployments={BLUE: ordered.deployments[BLUE]})
    world.ask(Verb.ROLLBACK)
    return ordered


@pytest.mark.parametrize("meanwhile", [0, 1], ids=["rolled back after it", "rolled back before it"])
def test_an_absence_is_no_proof_that_an_abandoned_green_will_not_appear(meanwhile: int) -> None:
    """Green was ordered, and the first read after the absence still shows the time before the order."""
    world = World()
    ordered = hidden(world)
    world.minutes(meanwhile)
    asleep(world, 70)
    world.minutes(2)
    world.endpoints.seen[ENDPOINT] = ordered
    world.until_finished()
    assert sorted(world.seen.deployments) == [BLUE]


def test_an_absence_is_no_proof_that_somebody_gave_green_traffic_again() -> None:
    """Teal is down right after a rollback, and then one of its own orders takes effect late."""
    world = World()
    world.register()
    world.until_weight(10)
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK)
    world.rates = {BLUE: 0.9}  # so that green is not deleted
    asleep(world, 70)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 90, GREEN: 10})
    world.minutes(3)
    assert world.seen.traffic == {BLUE: 100}, world.told()


@pytest.mark.parametrize("minutes", [-60, -5], ids=["an hour", "minutes"])
def test_a_clock_set_back_does_not_shorten_the_wait_for_green(minutes: int) -> None:
    """The order for green now lies in the future; Teal waits for green as long as usual."""
    world = World()
    ordered = hidden(world)
    world.clock.pass_(minutes * MINUTE)
    world.minutes(8)
    world.endpoints.seen[ENDPOINT] = ordered
    world.until_cleaned(within=20)
    assert sorted(world.seen.deployments) == [BLUE]


def test_an_absence_before_the_first_observation_uses_up_no_deadline() -> None:
    """The version is registered, and then the host is down for longer than green may take to be created."""
    world = World()
    world.register()
    world.wakeups.woken.clear()
    world.clock.pass_(timedelta(hours=2))
    world.endpoints.stuck = True
    world.minutes(5)
    assert world.rollout().phase is Phase.PROVISIONING, world.told()
    world.endpoints.stuck = False
    world.until(Phase.PROMOTED)


def test_an_endpoint_that_cannot_be_read_uses_up_no_deadline() -> None:
    """Azure does not answer for hours, which says nothing about green."""
    world = World(policy=replace(POLICY, deadlines=Deadlines(step=timedelta(minutes=40))))
    world.register()
    world.until_weight(10)
    world.endpoints.faults.always = "503"
    world.minutes(130)
    world.endpoints.faults.always = ""
    world.until(Phase.PROMOTED)


def test_patience_counts_observed_time_only() -> None:
    """An hour's absence does not use up a patience of half an hour."""
    world = World(rpm=20)
    world.register()
    world.until_weight(10)
    asleep(world, 60)
    world.minutes(5)
    assert world.rollout().phase is Phase.STEPPING


def test_a_rollback_gets_its_full_time() -> None:
    """An absence in the middle of a rollback does not end it as failed."""
    world = World()
    world.register()
    world.until_weight(10)
    world.endpoints.stuck = True
    world.ask(Verb.ROLLBACK)
    world.minutes(1)
    world.clock.pass_(5 * timedelta(hours=1))
    world.endpoints.stuck = False
    world.minutes(2)
    assert (world.until(Phase.ROLLED_BACK).phase, world.seen.traffic) == (Phase.ROLLED_BACK, {BLUE: 100})


def test_a_cleanup_that_fell_due_meanwhile_still_takes_place() -> None:
    """The time for deleting the leftover starts when Teal is back, not when the cleanup was due."""
    world = World(rpm=600)
    world.register()
    world.until(Phase.PROMOTED)
    asleep(world, 24 * 60)
    world.until_finished()
    assert sorted(world.seen.deployments) == [GREEN]


def test_a_hold_and_an_absence_in_it_are_counted_once() -> None:
    """The start times on the record never lie in the future."""
    world = World(rpm=40)
    world.register()
    world.until_weight(10)
    world.store.set_halt(HALT)
    world.minutes(3)
    asleep(world, 200)
    world.minutes(2)
    world.store.set_halt(None)
    world.minutes(2)
    rollout = world.rollout()
    assert rollout.progress.since is not None
    assert MIDNIGHT < rollout.progress.since <= world.clock.now
    assert rollout.status.since <= world.clock.now


def test_short_gaps_are_not_reported() -> None:
    """A few missed ticks leave no entry."""
    world = World(rpm=600)
    world.register()
    world.until_weight(10)
    for _ in range(5):
        asleep(world, 6)
        world.minutes(1)
    assert world.entries(C.OBSERVATION_RESUMED) == []
