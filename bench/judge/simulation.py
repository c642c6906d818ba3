"""Simulates one rollout in one world under one judge, and its cost. The judge is a black box."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench.judge.bursts import Series
from bench.judge.minute import Judge, Minute, Move, Status
from shared.core.observation import DeploymentMinute

EXCESS_MINUTES = 60


class History(Protocol):
    """One history of a world."""

    @property
    def true_rates(self) -> tuple[Series, Series]:
        """Blue's and green's failure probabilities in each minute of the rollout, without bursts of one deployment."""
        ...

    def past(self) -> tuple[list[int], list[int]]:
        """Return blue's failed and total requests in each minute before the rollout, oldest first."""
        ...

    def rows(self) -> list[DeploymentMinute]:
        """Return the same minutes as telemetry rows."""
        ...

    def minute(self, number: int, weight: int) -> Minute:
        """Return one minute of the rollout, with this percentage of the traffic on green."""
        ...

    def expected_excess(self, number: int, requests: float | None = None) -> float:
        """Return how many of `requests` (default: all traffic) are answered worse than by blue, by true rates."""
        ...


class World(Protocol):
    """The true conditions of a simulation."""

    @property
    def minutes(self) -> int:
        """How many minutes a rollout is watched."""
        ...

    @property
    def lag(self) -> int:
        """Minutes until telemetry is available."""
        ...

    @property
    def gap(self) -> range:
        """The minutes of the rollout without telemetry."""
        ...

    def draw(self, seed: int) -> History:
        """Return one history; with the same seed every judge gets the same one, until the weights differ."""
        ...


@dataclass(frozen=True, slots=True)
class Truth:
    """What a judge is built from: blue's past and, for the oracle only, the true failure rates by minute."""

    past: Callable[[], tuple[list[int], list[int]]]
    rows: Callable[[], list[DeploymentMinute]]
    blue: Sequence[float]
    green: Sequence[float]


Method = Callable[[Truth], Judge]


@dataclass(frozen=True, slots=True)
class Run:
    """The outcome of one rollout.

    minutes: until it ended, or until the watch did. exposed, failed: requests that green answered, and failed, until
    then. excess: expected failures beyond blue's, by true rates, in the first 60 minutes, assuming that green keeps its
    final weight. full: minutes until green had all traffic, or None.
    """

    status: Status
    minutes: int
    exposed: int
    failed: int
    excess: float
    full: int | None


def run(world: World, method: Method, seed: int, onset: int = 0) -> Run:
    """Return the outcome of the rollout with this seed. Excess is counted from the minute of the onset."""
    history = world.draw(seed)
    judge = method(Truth(history.past, history.rows, *(rates.tolist() for rates in history.true_rates)))
    return _Rollout(world, history, judge, range(onset, onset + EXCESS_MINUTES)).run()


class _Rollout:
    """The loop over the minutes: traffic, telemetry that may be late or missing, the judge's move."""

    def __init__(self, world: World, history: History, judge: Judge, counted: range) -> None:
        self.world, self.history, self.judge, self.counted = world, history, judge, counted
        self.move = Move(judge.first_weight)
        self.unread: deque[Minute] = deque()
        self.exposed = self.failed = 0
        self.excess = 0.0
        self.full: int | None = None

    def run(self) -> Run:
        """Run until the judge ends the rollout or the watch is over."""
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
