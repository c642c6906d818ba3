"""Two writers at once: while one is in the middle of its work, at every point of it, another does all of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

import pytest

from shared.core.events import MODEL_REGISTERED
from shared.core.phases import Phase
from shared.core.rollout import Verb, Wish
from shared.intake import Intake, Outcome
from tests.faults.disturbance import Crash, Kind, Plan, controller, reception
from tests.faults.laws import check_at_rest, check_records, lawful_world
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, MINUTE, World

ORDERS = {"create_deployment", "set_traffic", "delete_deployment"}
EVENT: tuple[str, str, str, str, object] = (MODEL_REGISTERED, "models/churn:7", "", "e1", {"modelTags": {}})


@dataclass
class Interruption:
    """Has someone else act at one point of a process, and nobody at any other."""

    number: int
    act: Callable[[], object]
    passed: list[str] = field(default_factory=list)

    def __call__(self, point: str) -> None:
        """Pass a point."""
        self.passed.append(point)
        if len(self.passed) - 1 == self.number:
            self.act()

    @property
    def orders(self) -> list[int]:
        """Where orders to Azure were given."""
        return orders(self.passed)


def orders(points: list[str]) -> list[int]:
    """Return at which points orders to Azure were given."""
    return [i for i, point in enumerate(points) if point.split()[1] in ORDERS and point.startswith("before")]


def accepted(world: World) -> None:
    """Blue is about to be chosen and green to be made."""
    world.register()


def ready(world: World) -> None:
    """Green is about to be tested."""
    world.register()
    world.minutes()
    world.endpoints.finish()


def shown_bad(world: World) -> None:
    """Green has traffic, and the minutes that convict it can be read."""
    world.register()
    world.until_weight(10)
    world.rates[GREEN] = 0.5
    world.log_traffic()
    world.clock.pass_(2 * MINUTE)


def going_back(world: World) -> None:
    """Have the traffic about to be taken back."""
    world.register()
    world.until_weight(10)
    world.ask(Verb.ROLLBACK)


def cleaning(world: World) -> None:
    """Blue is about to be deleted."""
    world.register()
    world.until(Phase.PROMOTED)
    world.clock.pass_(31 * MINUTE)


MOMENTS = [accepted, ready, shown_bad, going_back, cleaning]


def points(prepare: Callable[[World], None]) -> int:
    """Return how many points one look has at this moment."""
    world, plan = lawful_world(), Plan()
    prepare(world)
    controller(world, plan).reconcile(ENDPOINT)
    return len(plan.passed)


@pytest.mark.parametrize("prepare", MOMENTS)
def test_two_looks_at_once_never_both_act(prepare: Callable[[World], None]) -> None:
    """Between one's reading of the record and its last order, another may save and act, or it, but not both."""
    for number in range(points(prepare)):
        world, theirs = lawful_world(), list[str]()
        prepare(world)
        other = controller(world, theirs.append, "other")
        mine = Interruption(number, partial(other.reconcile, ENDPOINT))
        controller(world, mine, "one").reconcile(ENDPOINT)
        if mine.orders and mine.passed.index("after rollout") <= number <= mine.orders[-1]:
            assert not orders(theirs), f"both acted: {mine.passed} interrupted at {number} by {theirs}"
        assert all(one != next_ for one, next_ in pairwise(world.endpoints.traffic_written))
        check_records(world.store)
        world.minutes(12)
        check_at_rest(world)


@pytest.mark.parametrize("prepare", MOMENTS[:-1])
def test_a_rollback_asked_for_in_the_middle_of_a_look_is_never_lost(prepare: Callable[[World], None]) -> None:
    """At whatever point of another's work a person asks, blue serves all a few minutes later."""
    for number in range(points(prepare)):
        world = lawful_world()
        prepare(world)
        controller(world, Interruption(number, partial(ask_back, world))).reconcile(ENDPOINT)
        world.minutes(8)
        assert (world.rollout().phase, world.seen.traffic) == (Phase.ROLLED_BACK, {BLUE: 100}), world.told()
        check_records(world.store)


def ask_back(world: World) -> None:
    """Ask for a rollback, unless it is under way already."""
    if world.rollout().phase is not Phase.ROLLING_BACK and world.rollout().wish is None:
        world.controller("person").request(ENDPOINT, Wish(Verb.ROLLBACK, "ada", "now", world.clock()))


def test_the_same_event_at_two_instances_at_once_makes_one_rollout() -> None:
    """At every point of the first delivery's work the second is taken in whole: one rollout, no error for either."""
    for number in range(arrival_points()):
        world = lawful_world()
        found = list[Outcome]()
        second = Interruption(number, partial(deliver, world, found))
        found.extend(reception(world, second).event(*EVENT))
        assert len(found) == 2
        assert {outcome.intake for outcome in found} <= {Intake.STARTED, Intake.DUPLICATE}
        assert len(world.store.rollouts(ENDPOINT)) == 1
        check_records(world.store)
        assert world.until(Phase.PROMOTED).serving == GREEN


def deliver(world: World, found: list[Outcome]) -> None:
    """Take in the event at another instance."""
    found.extend(world.reception().event(*EVENT))


def arrival_points() -> int:
    """Return how many points the arrival of an event has."""
    plan = Plan()
    reception(lawful_world(), plan).event(*EVENT)
    return len(plan.passed)


def test_two_versions_at_once_are_both_taken_in() -> None:
    """7 and 8 arrive together at two instances: in whatever order, the newer one serves in the end."""
    for number in range(arrival_points()):
        world = lawful_world()
        reception(world, Interruption(number, partial(world.register, "8", "e2"))).event(*EVENT)
        check_records(world.store)
        world.until(Phase.PROMOTED, version="8", within=75)
        check_records(world.store)


def test_an_endpoint_is_not_taken_off_the_list_while_a_version_arrives() -> None:
    """The last work of one rollout and the arrival of the next, at every point of it: the next is not forgotten."""
    for number in range(points(last_look)):
        world = lawful_world()
        last_look(world)
        controller(world, Interruption(number, partial(world.register, "8", "e2"))).reconcile(ENDPOINT)
        world.wakeups.woken.clear()
        world.until(Phase.PROMOTED, version="8", within=75)


def last_look(world: World) -> None:
    """Blue has just gone, and the rollout is about to be finished."""
    cleaning(world)
    world.controller().reconcile(ENDPOINT)
    world.endpoints.finish()


def test_a_process_that_died_while_it_might_act_is_waited_for_and_then_replaced() -> None:
    """Nobody acts beside the holder of the lease; two minutes later anyone may."""
    undisturbed = Plan()
    going = lawful_world()
    going_back(going)
    controller(going, undisturbed).reconcile(ENDPOINT)
    died = lawful_world()
    going_back(died)
    with pytest.raises(Crash):
        controller(died, Plan({orders(undisturbed.passed)[0]: Kind.CRASH}), "dead").reconcile(ENDPOINT)
    died.controller("other").reconcile(ENDPOINT)
    assert died.seen.traffic == {GREEN: 10, BLUE: 90}
    died.minutes(3)
    assert (died.rollout().phase, died.seen.traffic) == (Phase.ROLLED_BACK, {BLUE: 100})


def test_an_order_that_was_given_in_the_last_breath_is_taken_back() -> None:
    """Azure took an order, shows nothing of it yet, and who gave it died: the way back still waits for its own word."""
    world = lawful_world()
    world.policy = replace(world.policy, on_rollback="keep")
    world.register()
    world.minutes()
    world.endpoints.finish()
    world.endpoints.hidden = True
    while not world.endpoints.traffic_written:
        with suppress(Crash):
            controller(world, dies_ordering).reconcile(ENDPOINT)
    world.ask(Verb.ROLLBACK)
    world.clock.pass_(3 * MINUTE)
    for _ in range(3):
        world.controller().reconcile(ENDPOINT)
    world.endpoints.hidden = False
    world.minutes(5)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.ROLLED_BACK, {BLUE: 100})


def dies_ordering(point: str) -> None:
    """Die when the traffic has been ordered."""
    if point == "after set_traffic":
        raise Crash


def test_a_process_that_hung_does_not_give_back_the_lease_of_another_look() -> None:
    """Two looks of one process: the first hung beyond its lease, the second acts; the first, awake again, is silent."""
    plan, world = Plan(), lawful_world()
    going_back(world)
    controller(world, plan, "same").reconcile(ENDPOINT)
    order = orders(plan.passed)[0]
    world = lawful_world()
    going_back(world)

    def die_acting() -> None:
        world.clock.pass_(3 * MINUTE)
        with pytest.raises(Crash):
            controller(world, Plan({order: Kind.CRASH}), "same").reconcile(ENDPOINT)

    controller(world, Interruption(order, die_acting), "same").reconcile(ENDPOINT)
    lease = world.rollout().lease
    assert lease is not None
    assert lease.until > world.clock()
    world.minutes(5)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.ROLLED_BACK, {BLUE: 100})


def test_a_person_is_heard_while_others_write() -> None:
    """A look at any point of the request's work makes it read again, and does not make it fail."""
    plan, world = Plan(), lawful_world()
    shown_good(world)
    controller(world, plan).request(ENDPOINT, pause(world))
    for number in range(len(plan.passed)):
        world = lawful_world()
        shown_good(world)
        other = Interruption(number, partial(world.controller("other").reconcile, ENDPOINT))
        assert controller(world, other).request(ENDPOINT, pause(world)) is not None
        world.minutes(2)
        assert world.rollout().phase is Phase.PAUSED, world.told()


def shown_good(world: World) -> None:
    """Green has traffic, and another minute of it can be read."""
    world.register()
    world.until_weight(10)
    world.log_traffic()
    world.clock.pass_(2 * MINUTE)


def pause(world: World) -> Wish:
    """Return the wish to pause."""
    return Wish(Verb.PAUSE, "ada", "lunch", world.clock())
