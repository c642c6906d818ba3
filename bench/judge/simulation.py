"""One rollout in one world under one judge, and what it cost. It must never look into the judge."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench.judge.bursts import Series
from bench.judge.minute import Judge, Minute, Move, Status
from shared.core.observation import DeploymentMinute

COUNTED_MINUTES = 60


class Course(Protocol):
    """One history of a world."""

    @property
    def usual(self) -> tuple[Series, Series]:
        """Blue's and green's failure probabilities, one-sided bursts left out, in the minutes of the rollout."""
        ...

    def past(self) -> tuple[list[int], list[int]]:
        """Return blue's failed and total requests in the minutes before the rollout, oldest first."""
        ...

    def rows(self) -> list[DeploymentMinute]:
        """Return the same as telemetry gives it."""
        ...

    def minute(self, number: int, weight: int) -> Minute:
        """Return one minute of the rollout, with this share (per cent) on green."""
        ...

    def expected_excess(self, number: int, requests: float | None = None) -> float:
        """Return answers that are worse for green's sake, of so many requests; of all traffic by default."""
        ...


class Scene(Protocol):
    """A world. minutes: how long a rollout is watched. lag: minutes until telemetry can be read. gap: without any."""

    @property
    def minutes(self) -> int:
        """See above."""
        ...

    @property
    def lag(self) -> int:
        """See above."""
        ...

    @property
    def gap(self) -> range:
        """See above."""
        ...

    def draw(self, seed: int) -> Course:
        """Return one history; the same seed gives the same one for every judge until shares differ."""
        ...


@dataclass(frozen=True, slots=True)
class Truth:
    """What a judge may be built from. Only the oracle may take the rates; the others have blue's past at most."""

    past: Callable[[], tuple[list[int], list[int]]]
    rows: Callable[[], list[DeploymentMinute]]
    blue: Sequence[float]
    green: Sequence[float]


Method = Callable[[Truth], Judge]


@dataclass(frozen=True, slots=True)
class Run:
    """How one rollout went.

    minutes: until it ended (or the watch did). exposed, failed: requests that green answered, and failed, until then.
    excess: failures beyond what blue would have had, expected from the true rates, in 60 minutes; whatever
    share green has at the end it keeps. full: minutes until all traffic was green's, or None.
    """

    status: Status
    minutes: int
    exposed: int
    failed: int
    excess: float
    full: int | None


def run(world: Scene, method: Method, seed: int, onset: int = 0) -> Run:
    """Return how the rollout of this seed goes; its excess is counted from the minute of the onset."""
    history = world.draw(seed)
    judge = method(Truth(history.past, history.rows, *(rates.tolist() for rates in history.usual)))
    return _Rollout(world, history, judge, range(onset, onset + COUNTED_MINUTES)).run()


class _Rollout:
    """The loop over the minutes: traffic, telemetry that may be late or missing, the judge's move."""

    def __init__(self, world: Scene, history: Course, judge: Judge, counted: range) -> None:
        self.world, self.history, self.judge, self.counted = world, history, judge, counted
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
        last = min(self.counted.stop, self.world.minutes)
        unspent = range(max(number, self.counted.start), last) if share else range(0)
        rest = sum(self.history.expected_excess(minute) for minute in unspent)
        return Run(self.move.status, number, self.exposed, self.failed, self.excess + share * rest, self.full)

    def _minute(self, number: int) -> Move:
        minute = self.history.minute(number, self.move.weight)
        self.exposed += minute.green_total
        self.failed += minute.green_bad
        if number in self.counted:
            self.excess += self.history.expected_excess(number, minute.green_total)
        self.unread.append(minute)
        if len(self.unread) <= self.world.lag:
            return self.move
        read = self.unread.popleft()
        return self.judge.observe(None if read.number in self.world.gap else read)
