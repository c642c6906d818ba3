"""The list of endpoints with work: a rollout admitted at any moment, with any one call failing, is reconciled again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest

from shared.closing import reopen
from shared.core.endpoint_id import EndpointId
from shared.core.phases import Phase
from shared.core.rollout.pointers import Pointer
from shared.errors import TealError, Temporary
from shared.ports import Changes, Stored
from tests.faults.disturbance import Crash, Kind, Plan, controller, disturbed, reception
from tests.faults.laws import lawful_world
from tests.faults.moments import Interruption, last_look, points
from tests.faults.test_interleaving import EVENT
from tests.scenarios.world import CHURN, ENDPOINT, World

LATER: tuple[str, str, str, str, object] = (EVENT[0], "models/churn:8", "", "e2", {"modelTags": {}})


def idle() -> World:
    """Return a world whose endpoint has no work but is still on the list."""
    world = lawful_world()
    world.store.mark_open(CHURN)
    return world


def admit_and_die(world: World, fault: int) -> None:
    """Admit version 8 with one failing call; nobody delivers the event again."""
    with suppress(TealError, Crash):
        reception(world, Plan({fault: Kind.CRASH})).event(*LATER)


def accepted(world: World) -> bool:
    """Return whether version 8 was admitted."""
    return any(rollout.model.version == "8" for rollout in world.store.rollouts(ENDPOINT))


def arrival_points() -> int:
    """Return how many points the arrival of version 8 has."""
    plan = Plan()
    reception(lawful_world(), plan).event(*LATER)
    return len(plan.passed)


@pytest.mark.parametrize("point", range(10))
def test_an_endpoint_that_is_being_closed_keeps_what_arrives(point: int) -> None:
    """A version arrives at every point while an idle endpoint is closed, and its intake dies at any point."""
    for fault in range(arrival_points()):
        world = idle()
        interruption = Interruption(point, partial(admit_and_die, world, fault))
        with suppress(TealError):
            controller(world, interruption).reconcile(CHURN)
        if accepted(world):
            assert CHURN in world.store.open_endpoints(), f"forgotten: {point}, {fault}, {interruption.passed}"


def test_the_end_of_a_rollout_keeps_what_arrives() -> None:
    """The same during the last work of an earlier rollout."""
    total = points(last_look)
    for point in range(0, total, 2):
        for fault in range(0, arrival_points(), 3):
            world = lawful_world()
            last_look(world)
            interruption = Interruption(point, partial(admit_and_die, world, fault))
            with suppress(TealError):
                controller(world, interruption).reconcile(CHURN)
            if accepted(world):
                assert CHURN in world.store.open_endpoints(), f"forgotten: {point}, {fault}"


def test_an_idle_endpoint_is_closed() -> None:
    """An endpoint marked for an admission that never came costs one reconcile."""
    world = idle()
    world.controller().reconcile(CHURN)
    assert world.store.open_endpoints() == ()


def test_an_endpoint_that_cannot_be_closed_stays_on_the_list() -> None:
    """That costs another reconcile, but the one that could not close it runs to its end."""
    world = idle()

    def strike(point: str) -> None:
        if point == "before mark_closed":
            raise Temporary("503 ServerBusy")

    controller(world, strike).reconcile(CHURN)
    assert world.store.open_endpoints() == (CHURN,)


def test_the_sweep_reports_what_it_found() -> None:
    """An endpoint whose mark was lost is marked again; one that is already on the list is not reported."""
    world = lawful_world()
    world.register()
    assert reopen(world.store) == ()
    world.store.opened.clear()
    assert reopen(world.store) == (CHURN,)
    assert world.until(Phase.PROMOTED)


def test_the_sweep_finds_an_endpoint_whose_only_rollout_waits() -> None:
    """The rollout before it has ended, and the process died before the next began."""
    world = lawful_world()
    world.register()
    stored = world.store.record(CHURN)
    waits = replace(stored.value, current=None, waiting=stored.value.current)
    world.store.commit(CHURN, Changes(record=Stored(waits, stored.etag)))
    world.store.opened.clear()
    assert reopen(world.store) == (CHURN,)


def test_an_unreadable_record_does_not_stop_the_sweep() -> None:
    """The endpoints after it in the list are still put back on the list of work."""
    world = lawful_world()
    world.register()
    broken = EndpointId("w", "aaa")
    world.store.enlist(Pointer(broken, "aaa-1", "aaa", world.clock()))
    world.store.unreadable.add(broken)
    world.store.opened.clear()
    assert reopen(world.store) == (CHURN,)


@pytest.mark.parametrize("defect", [ZeroDivisionError, ValueError, AttributeError])
def test_a_defect_at_one_endpoint_does_not_stop_the_sweep(defect: type[Exception]) -> None:
    """Reading the first record raises an unexpected error."""
    world, defects = lawful_world(), [defect()]
    world.register()
    world.store.enlist(Pointer(EndpointId("w", "aaa"), "aaa-1", "aaa", world.clock()))
    world.store.opened.clear()

    def strike(point: str) -> None:
        if point == "before record" and defects:
            raise defects.pop()

    assert reopen(disturbed(world.store, strike)) == (CHURN,)
    assert not defects
