"""Random schedules: the same number gives the same schedule, on every machine and in every version of Python."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from shared.core.rollout import Verb
from tests.faults.events import (
    AzureIs,
    Behaves,
    Breaks,
    ClockStep,
    DeletesDeployment,
    EditsMirror,
    EditsTraffic,
    Event,
    Halts,
    Hotfix,
    Incident,
    LogIs,
    Outage,
    Piece,
    PolicyIs,
    ReplacesAnother,
    ReplacesGreen,
    RequestedInBetween,
    Scales,
    Sleeps,
    Slowdown,
    Surge,
    SwitchesAutoscale,
    TakesAllBack,
    TimePasses,
    Together,
    WakesUp,
    Works,
)
from tests.faults.processes import Fault
from tests.faults.recipes import CONDUCTS, RECIPES
from tests.faults.stage import VERSIONS
from tests.faults.unreliable import Delivery

PORTS = ("telemetry", "scoring", "wakeups", "azure", "store", "models")
SILENT = ("latency", "fraud", "tried", "predictions", "disagreement")
PASSING = (Fault.TIMEOUT, Fault.SERVER_ERROR, Fault.BUSY, Fault.THROTTLED, Fault.STALE_ETAG, Fault.DEATH, Fault.DEATH)
LENGTH = (20, 45)
RARE = 0.3  # the share of schedules that have each of the rare events


@dataclass(frozen=True, slots=True)
class Schedule:
    """The events, in order, on an endpoint with this recipe."""

    seed: int
    recipe: str
    events: tuple[Event, ...]


def schedule(seed: int, recipes: Collection[str] = RECIPES, length: tuple[int, int] = LENGTH) -> Schedule:
    """Return the schedule of a seed, for one of these recipes, with a number of events in this range."""
    dice = random.Random(seed)  # noqa: S311 -- dice, not a secret
    recipe = dice.choice(sorted(recipes))
    first: list[Event] = [Behaves("7", dice.choice((0.0, 0.0, 0.05))), Works(Piece("event"))]
    kinds, weights = zip(*KINDS, strict=True)
    rest = [kind(dice) for kind in dice.choices(kinds, weights, k=dice.randint(*length))]
    for kind in RARELY:
        if dice.random() < RARE:
            rest.insert(dice.randint(0, len(rest)), kind(dice))
    return Schedule(seed, recipe, (*first, *rest))


def _faults(dice: random.Random) -> dict[int, Fault]:
    if dice.random() < 0.5:
        return {}
    kinds = (*PASSING, Fault.REFUSED) if dice.random() < 0.05 else PASSING
    return {dice.randint(0, 25): dice.choice(kinds) for _ in range(dice.randint(1, 3))}


def _piece(dice: random.Random) -> Piece:
    kind = dice.choices(("reconcile", "tick", "event", "request", "start"), (10, 4, 3, 4, 1))[0]
    verb, full = dice.choice(list(Verb)), dice.random() < 0.3
    return Piece(kind, dice.choice(VERSIONS), verb, full, _faults(dice))


def _request(dice: random.Random) -> Piece:
    return Piece("request", verb=dice.choice(list(Verb)), full=dice.random() < 0.3, faults=_faults(dice))


def _together(dice: random.Random) -> Together:
    pieces = tuple(_piece(dice) for _ in range(dice.choice((2, 2, 3))))
    turns = tuple((dice.randint(0, 2), dice.choice((1, 1, 2, 5))) for _ in range(dice.randint(5, 40)))
    return Together(pieces, turns, stalls=dice.random() < 0.3)


def _stalled(dice: random.Random) -> Together:
    """Have a request accepted, and have the reconcile that carries it out stall at one of its calls."""
    request = replace(_request(dice), faults={})
    return Together((request, Piece("reconcile")), ((0, 99), (0, dice.randint(6, 30))), stalls=True)


def _delivery(dice: random.Random) -> Delivery:
    late = dice.choice((0, 0, 2, 7, 15))
    only = dice.choice(("", "", "churn-6", "churn-7", "churn-8"))
    return Delivery(late, only, dice.random() < 0.3, dice.random() < 0.15, dice.random() < 0.5)


KINDS: tuple[tuple[Callable[[random.Random], Event], int], ...] = (
    (lambda dice: TimePasses(dice.randint(1, 6), faults=_faults(dice)), 34),
    (lambda dice: TimePasses(dice.randint(5, 12)), 10),
    (lambda dice: Works(_piece(dice)), 12),
    (lambda dice: Works(_request(dice)), 5),
    (lambda dice: Works(Piece("event", dice.choice(VERSIONS), faults=_faults(dice))), 5),
    (_together, 14),
    (_stalled, 5),
    (lambda dice: WakesUp(dies=dice.random() < 0.3), 5),
    (lambda dice: EditsTraffic(dice.randint(0, 9), dice.choice((0, 30, 100))), 3),
    (lambda _: TakesAllBack(), 2),
    (lambda dice: DeletesDeployment(dice.randint(0, 9)), 1),
    (lambda _: Breaks(), 1),
    (lambda dice: Scales(dice.randint(2, 14)), 1),
    (lambda dice: Behaves(dice.choice(VERSIONS), dice.choice((0.0, 0.01, 0.5)), dice.randrange(len(CONDUCTS))), 3),
    (lambda dice: Behaves("", dice.choice((0.0, 0.0, 0.01, 0.6, 1.0))), 1),
    (lambda dice: Incident(dice.choice((0.0, 0.3, 0.6, 0.97))), 3),
    (lambda dice: Surge(dice.choice((0.0, 0.0, 0.2, 0.7))), 2),
    (lambda dice: Slowdown(dice.choice((1.0, 1.0, 10.0, 40.0))), 2),
    (lambda dice: Outage(dice.choice(PORTS), dice.random() < 0.4), 6),
    (lambda dice: AzureIs(dice.random() < 0.8, dice.random() < 0.3, dice.choice((0, 0, 2, 5))), 4),
    (lambda dice: LogIs(_delivery(dice), dice.choice(("", "", "", *SILENT))), 4),
    (lambda _: LogIs(Delivery()), 3),
    (lambda dice: ClockStep(dice.choice((0, 0, -2, 2, -10, 10, -60, 60))), 2),
    (lambda dice: Sleeps(dice.choice((20, 70, 200))), 2),
    (lambda dice: Halts(on=dice.random() < 0.4), 3),
    (lambda dice: PolicyIs(wrong=dice.random() < 0.4), 1),
)
RARELY: tuple[Callable[[random.Random], Event], ...] = (
    lambda dice: RequestedInBetween(dice.choice(list(Verb))),
    lambda dice: Hotfix(dice.choice((5, 20))),
    lambda dice: EditsMirror(dice.randint(0, 9), dice.choice((0, 10, 30))),
    lambda _: ReplacesGreen(),
    lambda dice: ReplacesAnother(dice.randint(0, 9)),
    lambda dice: SwitchesAutoscale(dice.randint(0, 9), enabled=True),
    lambda dice: SwitchesAutoscale(dice.randint(0, 9), enabled=dice.random() < 0.5),
)
