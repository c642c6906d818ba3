"""One rollout in one world under one judge, and what it cost. It must never look into the judge."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.judge.minute import Judge, Minute, Move, Status
from bench.judge.worlds import HISTORY_MINUTES, History, World

COUNTED_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Truth:
    """What a judge may be built from. Only the oracle may take the rates; the others have blue's past at most."""

    past: Callable[[], tuple[list[int], list[int]]]
    blue: Sequence[float]
    green: Sequence[float]


Method = Callable[[Truth], Judge]


@dataclass(frozen=True, slots=True)
class Run:
    """How one rollout went.

    minutes: until it ended (or the watch did). exposed, failed: requests that green answered, and failed, until then.
    excess: failures beyond what blue would have had, expected from the true rates, in the first 60 minutes; whatever
    share green has at the end it keeps. full: minutes until all traffic was green's, or None.
    """

    status: Status
    minutes: int
    exposed: int
    failed: int
    excess: float
    full: int | None


def run(world: World, method: Method, seed: int) -> Run:
    """Return how the rollout of this seed goes."""
    history = world.draw(seed)
    now = slice(HISTORY_MINUTES, None)
    judge = method(Truth(history.past, *(rates[now].tolist() for rates in history.usual)))
    return _Rollout(world, history, judge).run()


class _Rollout:
    """The loop over the minutes: traffic, telemetry that may be late or missing, the judge's move."""

    def __init__(self, world: World, history: History, judge: Judge) -> None:
        self.world, self.history, self.judge = world, history, judge
        self.move = Move(judge.first_weight)
        self.unread: deque[Minute] = deque()
        self.exposed = self.failed = 0
        self.excess = 0.0
        self.full: int | None = None

    def run(self) -> Run:
        """Go on until the judge ends it or the watch is over."""
        number = 0
        while number < self.world.minutes and self.move.status in {Status.RUNNING, Status.HELD}:
            self.move = self._minute(number)
            number += 1
            if self.move.weight == 100 and self.full is None:
                self.full = number
        share = self.move.weight / 100.0
        unspent = range(number, min(COUNTED_MINUTES, self.world.minutes)) if share else range(0)
        rest = sum(self.history.expected_excess(minute) for minute in unspent)
        return Run(self.move.status, number, self.exposed, self.failed, self.excess + share * rest, self.full)

    def _minute(self, number: int) -> Move:
        minute = self.history.minute(number, self.move.weight)
        self.exposed += minute.green_total
        self.failed += minute.green_bad
        if number < COUNTED_MINUTES:
            self.excess += self.history.expected_excess(number, minute.green_total)
        self.unread.append(minute)
        if len(self.unread) <= self.world.lag:
            return self.move
        read = self.unread.popleft()
        return self.judge.observe(None if read.number in self.world.gap else read)
