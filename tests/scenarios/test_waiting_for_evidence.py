"""A pause for lack of evidence ends automatically once there is enough; no other pause does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from shared.core.phases import Phase
from shared.core.policy import Deadlines
from shared.core.rollout import Verb
from shared.core.rollout.pauses import PauseCause, pause_cause
from shared.core.rollout.reasons import ReasonCode
from tests.scenarios.world import BLUE, GREEN, MIDNIGHT, MINUTE, POLICY, World

C = ReasonCode
SLOW = replace(POLICY, deadlines=Deadlines(rollout=timedelta(hours=12)))


def test_a_rollout_that_lacked_evidence_continues_once_there_is_enough() -> None:
    """A quiet endpoint certifies green only after patience ran out; no operator has to resume."""
    world = World(policy=SLOW, rpm=30)
    world.register()
    paused = world.until(Phase.PAUSED, within=90)
    assert pause_cause(paused) is PauseCause.EVIDENCE
    world.until(Phase.PROMOTED, within=600)
    assert world.entries(C.EVIDENCE_SUFFICIENT) != []
    assert world.entries(C.OPERATOR_RESUME) == []


def test_an_operators_pause_does_not_end_by_itself() -> None:
    """Green is certified in the meantime, which is no reason to override the operator."""
    world = World(policy=SLOW, rpm=600)
    world.register()
    world.until_weight(10)
    world.ask(Verb.PAUSE)
    world.minutes(120)
    assert pause_cause(world.rollout()) is PauseCause.OPERATOR


def test_no_deadline_rolls_back_a_certified_green() -> None:
    """The postponement is reported once per length of the deadline, and green stays where it is."""
    world = World(policy=replace(POLICY, deadlines=Deadlines(rollout=timedelta(minutes=50))), rpm=6000)
    world.register()
    world.until_weight(10)
    world.ask(Verb.PAUSE)
    world.minutes(130)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, {BLUE: 90, GREEN: 10})
    assert len(world.entries(C.DEADLINE_POSTPONED)) == 2
    world.ask(Verb.RESUME)
    world.until(Phase.PROMOTED)


def test_a_deadline_waits_for_what_is_being_read_again() -> None:
    """In every minute around the deadline, a row may turn out larger than it was when judged."""
    for minute in range(55, 65):
        world = World(policy=replace(POLICY, deadlines=Deadlines(rollout=timedelta(minutes=60))), rpm=6000)
        world.register()
        world.until_weight(10)
        world.ask(Verb.PAUSE)
        while world.clock() < MIDNIGHT + minute * MINUTE:
            world.minutes()
        late = world.clock().replace(second=0) - 15 * MINUTE
        grown = [replace(row, total=row.total + (row.minute == late)) for row in world.telemetry.rows]
        world.telemetry.rows[:] = grown
        world.minutes(12)
        assert (world.rollout().phase, len(world.entries(C.TELEMETRY_LATE))) == (Phase.PAUSED, 1), world.told()


def test_without_evidence_the_rollout_deadline_applies() -> None:
    """A rollout that is never certified does not stay paused forever."""
    world = World(policy=replace(POLICY, deadlines=Deadlines(rollout=timedelta(minutes=70))), rpm=30)
    world.avoided = {GREEN}
    world.register()
    world.until(Phase.PAUSED)
    assert world.until(Phase.ROLLED_BACK).status.reason.code is C.DEADLINE_EXCEEDED


def test_a_regression_that_shows_during_the_pause_still_rolls_back() -> None:
    """The evidence that arrives may be against green."""
    world = World(policy=SLOW, rpm=30)
    world.register()
    world.until(Phase.PAUSED, within=90)
    world.rates = {GREEN: 0.7}
    assert world.until(Phase.ROLLED_BACK, within=90).status.reason.code is C.REGRESSION_DETECTED
