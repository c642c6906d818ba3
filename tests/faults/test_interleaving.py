"""Two writers at once: at every point of one's work, another does all of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

import pytest

from shared.core.admission.events import MODEL_REGISTERED
from shared.core.phases import Phase
from shared.core.rollout import OperatorRequest, Rollout, Verb
from shared.core.rollout.history import Entry
from shared.core.rollout.reasons import ReasonCode
from shared.intake import IntakeResult, Outcome
from tests.faults.disturbance import Crash, Plan, controller, reception
from tests.faults.laws import check_at_rest, check_records, lawful_world
from tests.faults.moments import (
    Interruption,
    accepted,
    cleaning,
    going_back,
    handing_over,
    last_look,
    orders,
    points,
    ready,
    shown_bad,
    shown_good,
)
from tests.scenarios.world import BLUE, CHURN, ENDPOINT, GREEN, World

EVENT: tuple[str, str, str, str, object] = (MODEL_REGISTERED, "models/churn:7", "", "e1", {"modelTags": {}})
NINE: tuple[str, str, str, str, object] = (MODEL_REGISTERED, "models/churn:9", "", "e3", {"modelTags": {}})
MOMENTS = [accepted, ready, shown_bad, going_back, cleaning]


def test_the_moments_are_what_they_say() -> None:
    """If they were not, interrupting a reconcile at them would prove nothing."""
    for prepare, what in ((cleaning, "before order"), (last_look, "before mark_closed")):
        world, plan = lawful_world(), Plan()
        prepare(world)
        controller(world, plan).reconcile(CHURN)
        assert what in plan.passed, plan.passed


@pytest.mark.parametrize("prepare", MOMENTS)
def test_two_simultaneous_reconciles_never_both_act(prepare: Callable[[World], None]) -> None:
    """Between one's read of the record and its last order, either may save and act, but not both."""
    for number in range(points(prepare)):
        world, theirs = lawful_world(), list[str]()
        prepare(world)
        other = controller(world, theirs.append, "other")
        mine = Interruption(number, partial(other.reconcile, CHURN))
        controller(world, mine, "one").reconcile(CHURN)
        if mine.orders and mine.passed.index("after rollout") <= number <= mine.orders[-1]:
            assert not orders(theirs), f"both acted: {mine.passed} interrupted at {number} by {theirs}"
        assert all(one != next_ for one, next_ in pairwise(world.endpoints.traffic_written))
        check_records(world.store)
        world.minutes(12)
        check_at_rest(world)


@pytest.mark.parametrize("prepare", MOMENTS[:-1])
def test_a_rollback_requested_during_a_reconcile_is_never_lost(prepare: Callable[[World], None]) -> None:
    """At whatever point it is requested, blue serves everything a few minutes later."""
    for number in range(points(prepare)):
        world = lawful_world()
        prepare(world)
        controller(world, Interruption(number, partial(request_rollback, world))).reconcile(CHURN)
        world.minutes(8)
        assert (world.rollout().phase, world.seen.traffic) == (Phase.ROLLED_BACK, {BLUE: 100}), world.told()
        check_records(world.store)


def request_rollback(world: World) -> None:
    """Ask for a rollback, unless one is under way already."""
    if world.rollout().phase is not Phase.ROLLING_BACK and world.rollout().request is None:
        world.controller("person").request(CHURN, OperatorRequest(Verb.ROLLBACK, "ada", "now", world.clock()))


def test_the_same_event_at_two_instances_at_once_makes_one_rollout() -> None:
    """At every point of the first delivery the second is processed in full: one rollout, and no errors."""
    for number in range(arrival_points()):
        world = lawful_world()
        found = list[Outcome]()
        second = Interruption(number, partial(deliver, world, found))
        found.extend(reception(world, second).event(*EVENT))
        assert len(found) == 2
        assert {outcome.intake for outcome in found} <= {IntakeResult.STARTED, IntakeResult.DUPLICATE}
        assert len(world.store.rollouts(ENDPOINT)) == 1
        check_records(world.store)
        assert world.until(Phase.PROMOTED).observed.serving == GREEN


def deliver(world: World, found: list[Outcome]) -> None:
    """Deliver the event to another instance."""
    found.extend(world.reception().event(*EVENT))


def arrival_points() -> int:
    """Return how many points the arrival of an event has."""
    plan = Plan()
    reception(lawful_world(), plan).event(*EVENT)
    return len(plan.passed)


def test_two_versions_at_once_are_both_admitted() -> None:
    """7 and 8 arrive together at two instances: in either order, the newer one serves in the end."""
    for number in range(arrival_points()):
        world = lawful_world()
        reception(world, Interruption(number, partial(world.register, "8", "e2"))).event(*EVENT)
        check_records(world.store)
        world.until(Phase.PROMOTED, version="8", within=75)
        check_records(world.store)


def test_an_endpoint_is_not_taken_off_the_list_while_a_version_arrives() -> None:
    """The last work of one rollout and the arrival of the next, interleaved at every point: the next is not lost."""
    for number in range(points(last_look)):
        world = lawful_world()
        last_look(world)
        controller(world, Interruption(number, partial(world.register, "8", "e2"))).reconcile(CHURN)
        world.wakeups.woken.clear()
        world.until(Phase.PROMOTED, version="8", within=75)


def test_a_version_is_not_forgotten_while_its_idle_endpoint_is_taken_off_the_list() -> None:
    """At every point of its arrival another process finds no work, and then the first one dies. The timer continues."""
    for number in range(arrival_points()):
        world = lawful_world()
        with suppress(Crash):
            reception(world, Abandoned(number, partial(world.controller("other").reconcile, CHURN))).event(*EVENT)
        world.wakeups.woken.clear()
        if world.store.rollouts(ENDPOINT):
            world.until(Phase.PROMOTED)


def test_the_endpoint_is_handed_over_once() -> None:
    """At every point of 7's last reconcile, another one begins 8: the first loses the race without an error."""
    for number in range(points(handing_over)):
        world = lawful_world()
        handing_over(world)
        controller(world, Interruption(number, partial(world.controller("other").reconcile, CHURN))).reconcile(CHURN)
        assert len(world.entries(ReasonCode.ENDPOINT_FREE, version="8")) == 1
        check_records(world.store)
        world.until(Phase.PROMOTED, version="8", within=75)


def test_a_version_is_admitted_while_the_one_that_waits_is_promoted() -> None:
    """At every point of 9's arrival, others start and promote 8, which 9 would have replaced: the intake retries."""
    taken = set[Phase]()
    for number in range(arrival_points()):
        world = lawful_world()
        handing_over(world)
        others = partial(world.until, Phase.PROMOTED, Phase.SUPERSEDED, version="8")
        (outcome,) = reception(world, Interruption(number, others)).event(*NINE)
        assert outcome.intake is IntakeResult.QUEUED
        taken.add(world.rollout("8").phase)
        check_records(world.store)
    assert taken == {Phase.PROMOTED, Phase.SUPERSEDED}


@dataclass
class Abandoned(Interruption):
    """An interruption of a process that dies once it has written the rollout."""

    def __call__(self, point: str) -> None:
        """Pass a point."""
        super().__call__(point)
        if point == "after commit":
            raise Crash


@pytest.mark.parametrize("prepare", MOMENTS)
def test_only_what_was_recorded_is_announced(prepare: Callable[[World], None]) -> None:
    """A decision that lost the race never happened, so it is not announced."""
    for number in range(points(prepare)):
        world = lawful_world()
        prepare(world)
        announced = Announced()
        other = replace(world.controller("other"), channels=(announced,))
        mine = controller(world, Interruption(number, partial(other.reconcile, CHURN)), "one")
        replace(mine, channels=(announced,)).reconcile(CHURN)
        recorded = [
            entry for rollout in world.store.rollouts(ENDPOINT) for entry in world.store.history(CHURN, rollout.id)
        ]
        assert all(announced.entries.count(entry) <= recorded.count(entry) for entry in announced.entries), number


@dataclass
class Announced:
    """A channel that records what was sent."""

    entries: list[Entry] = field(default_factory=list)

    def notify(self, _rollout: Rollout, entry: Entry) -> None:
        """Record the entry."""
        self.entries.append(entry)


def test_an_operators_request_succeeds_while_others_write() -> None:
    """A reconcile at any point makes the request read again, but does not make it fail."""
    plan, world = Plan(), lawful_world()
    shown_good(world)
    controller(world, plan).request(CHURN, pause(world))
    for number in range(len(plan.passed)):
        world = lawful_world()
        shown_good(world)
        other = Interruption(number, partial(world.controller("other").reconcile, CHURN))
        assert controller(world, other).request(CHURN, pause(world)) is not None
        world.minutes(2)
        assert world.rollout().phase is Phase.PAUSED, world.told()


def pause(world: World) -> OperatorRequest:
    """Return a request to pause."""
    return OperatorRequest(Verb.PAUSE, "ada", "lunch", world.clock())
