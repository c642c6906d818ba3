"""Moments at which a reconcile is about to do something, and a way to let others act in the middle of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from shared.core.phases import Phase
from shared.core.rollout import Verb
from tests.faults.disturbance import Plan, controller
from tests.faults.laws import lawful_world
from tests.scenarios.world import CHURN, GREEN, MINUTE, World

ORDERS = {"order"}


@dataclass
class Interruption:
    """Lets someone else act at one given point of a process."""

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
    """Return the points at which orders to Azure were given."""
    return [i for i, point in enumerate(points) if point.split()[1] in ORDERS and point.startswith("before")]


def accepted(world: World) -> None:
    """Blue is about to be chosen and green to be created."""
    world.register()


def ready(world: World) -> None:
    """Green is about to be tested."""
    world.register()
    world.minutes()
    world.endpoints.finish()


def shown_bad(world: World) -> None:
    """Green has traffic, and the minutes that will roll it back can be read."""
    world.register()
    world.until_weight(10)
    world.rates[GREEN] = 0.5
    world.log_traffic()
    world.clock.pass_(2 * MINUTE)


def shown_good(world: World) -> None:
    """Green has traffic, and another minute of it can be read."""
    world.register()
    world.until_weight(10)
    world.log_traffic()
    world.clock.pass_(2 * MINUTE)


def going_back(world: World) -> None:
    """Traffic is about to return to blue."""
    world.register()
    world.until_weight(10)
    world.ask(Verb.ROLLBACK)


def cleaning(world: World) -> None:
    """Blue is about to be deleted."""
    world.register()
    world.until(Phase.PROMOTED)
    world.minutes(29)
    world.log_traffic()
    world.clock.pass_(MINUTE)
    world.controller().reconcile(CHURN)


def last_look(world: World) -> None:
    """Blue has just been deleted, and the rollout is about to be finished."""
    cleaning(world)
    world.controller().reconcile(CHURN)
    world.endpoints.finish()


def handing_over(world: World) -> None:
    """7 is promoted, and the waiting version 8 is about to begin."""
    world.register()
    world.until(Phase.PROMOTED)
    world.register("8", "e2")
    world.controller().reconcile(CHURN)


def points(prepare: Callable[[World], None]) -> int:
    """Return how many points one reconcile has at this moment."""
    world, plan = lawful_world(), Plan()
    prepare(world)
    controller(world, plan).reconcile(CHURN)
    return len(plan.passed)
