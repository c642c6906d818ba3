"""Freezes, halts and newer versions: what holds a rollout, and what never does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from shared.core.phases import Phase
from shared.core.policy import FreezeWindow
from shared.core.policy.freeze import holds
from shared.core.rollout import Verb
from shared.core.rollout.history import TEAL
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.steps import WeightStep
from shared.errors import Temporary
from shared.ports import Halt, HaltEnd
from tests.scenarios.world import BLUE, GREEN, MIDNIGHT, MINUTE, POLICY, World

FROZEN = FreezeWindow("the fair", since=MIDNIGHT + 5 * MINUTE, until=MIDNIGHT + 60 * MINUTE)


def test_a_freeze_holds_every_forward_step_and_no_deadline_runs() -> None:
    """Within the window green's share stays; afterwards the rollout continues as if no time had passed."""
    world = World(replace(POLICY, freeze=(FROZEN,)))
    world.register()
    world.until_weight(10)
    while world.clock.now < MIDNIGHT + 59 * MINUTE:
        world.minutes()
        assert world.seen.traffic.get(GREEN, 0) <= 10
    (held,) = world.entries(ReasonCode.HELD)
    assert held.reason.because is not None
    assert (held.reason.because.code, held.reason.because.facts["window"]) == (ReasonCode.FREEZE_WINDOW, "the fair")
    assert world.until(Phase.PROMOTED).observed.serving == GREEN
    assert len(world.entries(ReasonCode.RELEASED)) == 1


@pytest.mark.parametrize("how", ["freeze", "halt"])
def test_nothing_holds_a_rollback(how: str) -> None:
    """Both harm and an operator's request roll back during a freeze and a halt."""
    window = FreezeWindow("the fair", since=MIDNIGHT + 5 * MINUTE)
    for bad in (True, False):
        world = World(replace(POLICY, freeze=(window,) if how == "freeze" else ()))
        world.register()
        world.until_weight(10)
        if how == "halt":
            world.store.set_halt(Halt("ada", "incident 7", world.clock()))
        world.minutes(0 if world.rollout().hold else 2)
        assert world.rollout().hold is not None
        if bad:
            world.rates[GREEN] = 0.5
        else:
            world.ask(Verb.ROLLBACK)
        assert world.until(Phase.ROLLED_BACK).phase is Phase.ROLLED_BACK
        assert world.seen.traffic == {BLUE: 100}


def test_a_halt_holds_everything_until_it_ends() -> None:
    """The rollout says who halted it and why; when the halt ends it continues."""
    world = World()
    world.store.set_halt(Halt("ada", "incident 7", world.clock()))
    world.register()
    world.minutes(40)
    held = world.rollout().hold_reason
    assert held is not None
    assert (held.code, held.facts) == (ReasonCode.HALTED, {"actor": "ada", "comment": "incident 7"})
    assert GREEN not in world.seen.traffic
    world.store.set_halt(None)
    assert world.until(Phase.PROMOTED).observed.serving == GREEN


def test_the_end_of_a_halt_names_who_ended_it_and_its_time_is_kept_apart() -> None:
    """Ada halts for forty minutes, Bob ends it: the history has both, `created` stays, and held time is a field."""
    world = World()
    world.register()
    world.until_weight(10)
    created = world.rollout().created
    halt = Halt("ada", "incident 8", world.clock())
    world.store.set_halt(halt)
    world.minutes(40)
    world.store.set_halt(replace(halt, ended=HaltEnd("bob", "it is over", world.clock())))
    world.minutes()
    (released,) = world.entries(ReasonCode.RELEASED)
    assert (released.actor, released.reason.facts) == ("bob", {"actor": "bob", "comment": "it is over"})
    assert timedelta(minutes=39) <= world.rollout().status.held <= timedelta(minutes=41)
    assert world.rollout().created == created
    world.store.set_halt(Halt("ada", "incident 9", world.clock()))
    world.minutes(20)
    world.ask(Verb.ROLLBACK)
    world.minutes()
    assert timedelta(minutes=59) <= world.rollout().status.held <= timedelta(minutes=62)


def test_nobody_is_named_for_a_hold_that_was_no_halt() -> None:
    """Bob ended Ada's halt before the rollout began. Later, for a while, it is unknown whether there is a halt."""
    world = World()
    halt = Halt("ada", "incident 7", world.clock())
    world.store.set_halt(halt)
    world.store.set_halt(replace(halt, ended=HaltEnd("bob", "it is over", world.clock())))
    world.register()
    world.until_weight(10)
    world.store.halt_problem = Temporary("503")
    world.minutes()
    assert world.rollout().hold_reason == reason(ReasonCode.HALT_UNKNOWN)
    world.minutes(30)
    assert world.seen.traffic == {GREEN: 10, BLUE: 90}
    world.store.halt_problem = None
    world.minutes()
    (released,) = world.entries(ReasonCode.RELEASED)
    assert (released.actor, released.reason.facts) == (TEAL, {})


def test_a_halt_that_cannot_always_be_read_is_in_the_history_once() -> None:
    """Every second read fails for twenty minutes: it stays the same hold, and Bob ends it."""
    world = World()
    world.register()
    world.until_weight(10)
    halt = Halt("ada", "incident 7", world.clock())
    world.store.set_halt(halt)
    for minute in range(20):
        world.store.halt_problem = Temporary("503") if minute % 2 else None
        world.minutes()
    assert len(world.entries(ReasonCode.HELD)) == 1, world.told()
    world.store.halt_problem = None
    world.store.set_halt(replace(halt, ended=HaltEnd("bob", "it is over", world.clock())))
    world.minutes()
    assert [entry.actor for entry in world.entries(ReasonCode.RELEASED)] == ["bob"]


def test_an_operator_cannot_promote_through_a_halt() -> None:
    """The request is accepted, and carried out when the halt ends."""
    world = World()
    world.register()
    world.until_weight(10)
    world.store.set_halt(Halt("ada", "incident 7", world.clock()))
    world.minutes()
    world.ask(Verb.PROMOTE, full=True)
    world.minutes(10)
    assert world.seen.traffic == {GREEN: 10, BLUE: 90}
    world.store.set_halt(None)
    assert world.until(Phase.PROMOTED).observed.serving == GREEN


def at(text: str) -> datetime:
    """Return a time in the week of Friday 20 November 2026, in UTC."""
    days = {"mon": 16, "tue": 17, "fri": 20, "sat": 21, "sun": 22}
    day, clock = text.split()
    return datetime.combine(datetime(2026, 11, days[day], tzinfo=UTC), time.fromisoformat(clock), UTC)


WEEKEND = FreezeWindow("weekend", days=(5, 6), start=time(0), end=time(0))
NIGHTS = FreezeWindow("nights", days=(4,), start=time(18), end=time(8))
BERLIN = FreezeWindow("lunch", days=(0,), start=time(12), end=time(13), zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("window", "moment", "expected"),
    [
        (WEEKEND, "fri 23:59", False),
        (WEEKEND, "sat 00:00", True),
        (WEEKEND, "sun 23:59", True),
        (WEEKEND, "mon 00:00", False),
        (NIGHTS, "fri 17:59", False),
        (NIGHTS, "fri 18:00", True),
        (NIGHTS, "sat 07:59", True),
        (NIGHTS, "sat 08:00", False),
        (NIGHTS, "sat 18:00", False),
        (BERLIN, "mon 10:59", False),
        (BERLIN, "mon 11:00", True),
        (BERLIN, "mon 12:00", False),
    ],
)
def test_when_a_window_is_in_force(window: FreezeWindow, moment: str, *, expected: bool) -> None:
    """Days and times are in the window's own time zone; a night window ends on the next day."""
    assert holds(window, at(moment)) is expected


def test_a_newer_version_replaces_the_open_one_if_the_policy_says_so() -> None:
    """The open rollout is rolled back, with the reason, and the newer version then starts by itself."""
    world = World(replace(POLICY, newer_version="replace"))
    world.register()
    world.until_weight(10)
    world.register("8", "e2")
    back = world.until(Phase.ROLLED_BACK).status.reason
    assert (back.code, back.facts["actor"]) == (ReasonCode.OPERATOR_ROLLBACK, "teal")
    (replaced,) = world.entries(ReasonCode.REPLACED_BY_NEWER_VERSION)
    assert replaced.reason.facts["model"] == "churn:8"
    assert world.until(Phase.PROMOTED, version="8", within=120).observed.serving == "churn-8"


def test_a_step_can_have_its_own_minutes_patience_and_gates() -> None:
    """A step that needs no certificate passes after its own settled minutes, even with little traffic."""
    steps = (WeightStep(10, settled_minutes=6, gates=()), WeightStep(100, settled_minutes=1))
    world = World(replace(POLICY, steps=steps), rpm=50)
    world.register()
    began = world.until_weight(10).traffic.steady_since
    done = world.until_weight(100).traffic.steady_since
    assert began is not None
    assert done is not None
    assert timedelta(minutes=6) <= done - began <= timedelta(minutes=12)


def test_a_newer_version_replaces_nothing_during_a_halt() -> None:
    """A halt keeps every rollout at its weight. The newer version has its turn afterwards."""
    world = World(replace(POLICY, newer_version="replace"))
    world.register()
    world.until_weight(10)
    world.store.set_halt(Halt("ada", "network works", world.clock()))
    world.minutes()
    world.register("8", "e2")
    world.minutes(30)
    assert (world.rollout().phase, world.seen.traffic[GREEN]) == (Phase.STEPPING, 10)
    world.store.set_halt(None)
    world.until(Phase.ROLLED_BACK, within=4)
    world.until(Phase.PROMOTED, version="8", within=90)
