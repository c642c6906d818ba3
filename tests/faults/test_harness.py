"""The harness itself: it runs some of its schedules, runs them identically each time, and finds broken code."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.acting import Acting
from shared.core.reconcile import difference
from shared.core.reconcile.actions import SetTraffic
from shared.core.rollout import Verb, leases
from tests.faults.events import Piece, TakesAllBack, TimePasses, Together, WakesUp, Works
from tests.faults.generator import Schedule, schedule
from tests.faults.ledger import rollouts
from tests.faults.playing import Outcome, play
from tests.faults.processes import Fault
from tests.faults.recipes import RECIPES
from tests.faults.shrinking import shrunk
from tests.faults.stage import set_stage
from tests.scenarios.world import BLUE, GREEN

EVENT = Works(Piece("event"))


@pytest.fixture(autouse=True)
def silent() -> Iterator[None]:
    """Don't log injected faults."""
    log = logging.getLogger("teal")
    before = log.level
    log.setLevel(logging.CRITICAL)
    yield
    log.setLevel(before)


@pytest.mark.parametrize("seed", range(1, 61))
def test_no_schedule_violates_an_invariant(seed: int) -> None:
    """The first of the many that `make faults` runs."""
    outcome = play(schedule(seed))
    assert outcome.objection is None, "\n".join((str(outcome.objection), *outcome.story))


def test_the_same_seed_is_the_same_story() -> None:
    """The same seed gives the same schedule and the same violation, in the same words."""
    assert schedule(4) == schedule(4)
    assert schedule(4) != schedule(5)
    assert play(schedule(4)) == play(schedule(4))


def broken(monkeypatch: pytest.MonkeyPatch, *events: object) -> Outcome:
    """Return the outcome of a schedule while a rollback wrongly gives green its share again."""

    def forward(rollout: object, endpoint: object, now: object) -> tuple[object, ...]:
        del rollout, endpoint, now
        return (SetTraffic("churn", {BLUE: 90, GREEN: 10}),)

    monkeypatch.setattr(difference, "return_traffic", forward)
    return play(Schedule(0, "plain", (EVENT, *events)))  # type: ignore[arg-type]


def test_broken_code_is_found_and_its_story_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rollback gives green traffic; of the ten events, only those needed to show it remain."""
    more = (Works(Piece("tick")), TimePasses(1), TakesAllBack(), Works(Piece("reconcile")))
    rollback = Works(Piece("request", verb=Verb.ROLLBACK))
    found = broken(monkeypatch, TimePasses(3), *more, *more, rollback, TimePasses(4))
    assert found.objection is not None
    short = shrunk(found)
    assert short.objection is not None
    assert short.objection.invariant == found.objection.invariant
    assert len(short.schedule.events) < len(found.schedule.events)
    assert any("orders" in line for line in short.story)


def test_an_ignored_lease_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """While one process works another does all of its own work, and neither respects the other's lease."""
    monkeypatch.setattr(leases, "in_force", lambda *_: False)
    monkeypatch.setattr(Acting, "_holds", lambda *_: True)
    found = []
    for point in range(6, 24):
        both = Together((Piece("reconcile"), Piece("reconcile")), ((0, point), (1, 80)))
        found.append(play(Schedule(0, "plain", (EVENT, both))).objection)
    assert "8: one process acts" in {objection.invariant for objection in found if objection is not None}


def test_a_process_can_be_stopped_resumed_and_killed() -> None:
    """Stopped after its first points, every process can continue later, or is gone once it is killed."""
    for dies in (False, True):
        stage = set_stage(RECIPES["plain"], lambda *_: None)
        Together((Piece("event"),), ((0, 2),), stalls=True).happen(stage)
        assert not rollouts(stage.world)
        WakesUp(dies=dies).happen(stage)
        assert bool(rollouts(stage.world)) != dies


@pytest.mark.parametrize("fault", list(Fault))
def test_a_fault_after_a_call_is_a_lost_answer(fault: Fault) -> None:
    """A write that succeeded persists, even if its caller gets an error."""
    stage = set_stage(RECIPES["plain"], lambda *_: None)
    undisturbed = Piece("event").begun(stage)
    stage.run(undisturbed)
    other = set_stage(RECIPES["plain"], lambda *_: None)
    passed = [number for number in range(undisturbed.passed) if written_after(number)]
    disturbed = replace(Piece("event"), faults={passed[0]: fault}).begun(other)
    other.run(disturbed)
    assert len(rollouts(other.world)) == 1
    assert disturbed.died == (fault is Fault.DEATH)


def written_after(number: int) -> bool:
    """Return whether this point comes just after the admission was written, in the arrival of an event."""
    stage = set_stage(RECIPES["plain"], lambda *_: None)
    process = Piece("event").begun(stage)
    process.advance(number)
    written = bool(rollouts(stage.world)) and process.at == "after store.commit"
    process.kill()
    return written
