"""Running a schedule: event by event, checking every invariant after each, and at rest at the end."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime

from shared.core.phases import Phase
from shared.core.rollout import Rollout, Verb
from shared.core.rollout.reasons import ReasonCode
from shared.words import sentence
from tests.faults.events import Event, Outage, Piece, Works, current, untroubled
from tests.faults.generator import Schedule
from tests.faults.invariants.everything import ALWAYS, AT_REST, AT_THE_END, check_order
from tests.faults.invariants.rule import Rule, StateCheck, objections
from tests.faults.ledger import rollouts
from tests.faults.recipes import RECIPES
from tests.faults.stage import MakeWorld, Objection, Stage, set_stage, unreliable_world
from tests.faults.uncontained import uncontained
from tests.scenarios.world import CHURN, MINUTE

QUIET = 15
LONG = 32  # beyond the provisioning and rollback deadlines of all recipes
BACK = 8
LATER = 5  # in minutes: how often the timer fires in quiet times after every rollout has ended


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a schedule: the first violation, if any, and the trace up to it."""

    schedule: Schedule
    objection: Objection | None
    story: tuple[str, ...]
    endings: tuple[str, ...] = ()


def play(schedule: Schedule, make_world: MakeWorld = unreliable_world) -> Outcome:
    """Run a schedule until it violates an invariant, or to its end."""
    with uncontained():
        return _played(schedule, make_world)


def _played(schedule: Schedule, make_world: MakeWorld) -> Outcome:
    stage = set_stage(RECIPES[schedule.recipe], check_order, make_world)
    happened: list[tuple[datetime, Event]] = []
    try:
        for event in schedule.events:
            happened.append((stage.world.clock(), event))
            event.happen(stage)
            if _objected(stage, ALWAYS):
                return _violated(schedule, stage, happened)
        if _comes_to_rest(stage):
            endings = tuple(sorted(rollout.phase.value for rollout in rollouts(stage.world)))
            return Outcome(schedule, None, (), endings)
        return _violated(schedule, stage, happened)
    finally:
        for process in stage.suspended:
            process.kill()
        stage.world.close()


def _objected(stage: Stage, rules: tuple[Rule[StateCheck], ...]) -> bool:
    for name, what in objections(rules, stage):
        stage.objects(name, what)
    return bool(stage.objections)


def _comes_to_rest(stage: Stage) -> bool:
    """End all faults; return whether everything comes to rest and can then still be rolled back."""
    untroubled(stage)
    _quiet(stage, QUIET)
    _let_finish(stage)
    if _objected(stage, (*ALWAYS, *AT_REST)):
        return False
    tried = current(stage)
    if tried is not None and tried.open:
        _rolled_back(stage, tried)
    _quiet(stage, LONG)
    _let_finish(stage)
    if _objected(stage, (*ALWAYS, *AT_REST)):
        return False
    for _ in range(6):
        _quiet(stage, 1)
        stage.world.clock.pass_(stage.recipe.policy.deadlines.rollback / 4)
    return not _objected(stage, (*ALWAYS, *AT_THE_END))


def _rolled_back(stage: Stage, tried: Rollout) -> None:
    """Request a rollback while everything that it does not need is down.

    It waits for a blue that is not ready or fails. It may also fail if an unhealthy blue has blocked it until its
    deadline.
    """
    for port in ("telemetry", "scoring", "wakeups", "models"):
        Outage(port, away=True).happen(stage)
    Works(Piece("request", verb=Verb.ROLLBACK)).happen(stage)
    for _ in range(BACK):
        stage.minute()
    after = next(each for each in rollouts(stage.world) if each.id == tried.id)
    blue = after.blue
    blocked = tried.phase is Phase.ROLLING_BACK and after.status.reason.code is ReasonCode.DEADLINE_EXCEEDED
    stuck = after.phase in {Phase.FAILED, Phase.ROLLING_BACK} and blue is not None and not stage.world.seen.ready(blue)
    excused = stuck or (after.phase is Phase.FAILED and blocked)
    if after.phase is not Phase.ROLLED_BACK and not excused:
        stage.objects("4: rolled back without telemetry", f"{tried.id} is {after.phase} {BACK} minutes later")
    stage.ledger.down.clear()


def _quiet(stage: Stage, minutes: int) -> None:
    """Let quiet minutes pass, all at once when nobody has anything left to do."""
    for passed in range(minutes):
        if stage.idle:
            stage.world.clock.pass_((minutes - passed) * MINUTE)
            return
        stage.minute(ticks=not stage.ended or stage.world.clock().minute % LATER == 0)


def _let_finish(stage: Stage) -> None:
    """If a transition, such as a rollback, began in the last quiet minutes, give it the few minutes that it takes."""
    for _ in range(6):
        since = [rollout.status.since for rollout in rollouts(stage.world)]
        if all((stage.world.clock() - moment).total_seconds() >= 240 for moment in since):
            return
        stage.minute()


def _violated(schedule: Schedule, stage: Stage, happened: list[tuple[datetime, Event]]) -> Outcome:
    lines = [(f"{moment:%H:%M}", f"  {told(event)}") for moment, event in happened]
    for rollout in rollouts(stage.world):
        for entry in stage.world.store.history(CHURN, rollout.id):
            words = f"    {rollout.green}: {entry.before} -> {entry.after}, {entry.actor}: {sentence(entry.reason)!r}"
            lines.append((f"{entry.at:%H:%M}", words[:260]))
    lines += [(f"{o.at:%H:%M}", f"      {o.process} orders: {o.action}") for o in stage.ledger.orders]
    lines.sort(key=lambda line: line[0])
    return Outcome(schedule, stage.objections[0], tuple(f"{moment}{words}" for moment, words in lines))


def without(schedule: Schedule, first: int, count: int) -> Schedule:
    """Return the schedule without some of its events."""
    return replace(schedule, events=schedule.events[:first] + schedule.events[first + count :])


def told(event: object) -> str:
    """Describe an event in a few words: its name, and the fields that differ from their defaults."""
    assert is_dataclass(event)
    parts = []
    for each in fields(event):
        value, usual = getattr(event, each.name), each.default
        if value != usual and value not in ({}, ()):
            parts.append(f"{each.name} {_shown(value)}")
    return f"{type(event).__name__}({', '.join(parts)})"


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_shown(each) for each in value)}]"
    if isinstance(value, dict):
        return ", ".join(f"{each} at point {point}" for point, each in value.items())
    return told(value) if is_dataclass(value) else f"{value}"
