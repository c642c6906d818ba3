"""What a gate takes from a minute of telemetry: the counts or percentiles of green and blue that it bets on.

A sample is frozen on the record with its thresholds. If telemetry has no data for it, there are no items: missing
evidence is never evidence of no harm. Each kind of sample is in the module of its gate.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.core.gates.measured import Measured
from shared.core.judge.gate_minute import GateMinute
from shared.core.judge.measure import Item
from shared.core.judge.odds import Counts
from shared.core.observation.observation import DeploymentMinute

Row = DeploymentMinute | None
Pair = tuple[int, int]  # bad, total
NOTHING: Pair = (0, 0)


class Sample(ABC):
    """What one measure of a gate takes from a minute. Each kind is a frozen dataclass, named by its field `kind`."""

    __slots__ = ()
    kind: str

    @abstractmethod
    def items(self, green: Row, blue: Row) -> Sequence[Item] | None:
        """Return the items of a minute, or None if telemetry lacks them. green, blue: None without requests."""

    @abstractmethod
    def measured(self, item: int) -> Measured:
        """Return what one of its items counts."""

    def series(self, rows: Sequence[Row]) -> list[tuple[list[int], list[int]]]:
        """Return blue's bad and total per minute, for each item; empty if the sample has no counts."""
        del rows
        return []

    def shown(self, counts: Callable[[int], Counts]) -> int:
        """Return the item to report while none of them suggests harm. counts: the counts of an item so far."""
        del counts
        return 0


class CountSample(Sample):
    """A sample of counts: how many out of how many were bad."""

    __slots__ = ()

    @abstractmethod
    def counts(self, row: DeploymentMinute, *, green: bool) -> Sequence[Pair] | None:
        """Return bad and total of each item in a deployment's minute, or None if the minute lacks them.

        green: whether the minute is green's, whose thresholds can differ from blue's.
        """

    @property
    def size(self) -> int:
        """The number of items."""
        return 1

    def items(self, green: Row, blue: Row) -> Sequence[Item] | None:
        """Return green's and blue's counts, item by item."""
        ours = self._idle if green is None else self.counts(green, green=True)
        theirs = self._idle if blue is None else self.counts(blue, green=False)
        if ours is None or theirs is None:
            return None
        return [Counts(*one, *other) for one, other in zip(ours, theirs, strict=True)]

    def series(self, rows: Sequence[Row]) -> list[tuple[list[int], list[int]]]:
        """Return blue's bad and total per minute, for each item; 0 of 0 where nothing is known."""
        idle = self._idle
        known = [idle if row is None else self.counts(row, green=False) or idle for row in rows]
        return [([pairs[item][0] for pairs in known], [pairs[item][1] for pairs in known]) for item in range(self.size)]

    @property
    def _idle(self) -> Sequence[Pair]:
        return (NOTHING,) * self.size


@dataclass(frozen=True, slots=True)
class GateSamples:
    """The samples of one gate: one for each of its measures, and one for its certificate (None: it has none)."""

    samples: tuple[Sample, ...]
    certified: Sample | None = None


def gate_minute(wanted: GateSamples, green: Row, blue: Row) -> GateMinute | None:
    """Return what the gate sees of a minute, or None if telemetry has no data for it."""
    items: list[Item] = []
    for sample in wanted.samples:
        found = sample.items(green, blue)
        if found is None:
            return None
        items += found
    if wanted.certified is None:
        return GateMinute(tuple(items))
    if wanted.certified == wanted.samples[0]:
        return GateMinute(tuple(items), items[0])
    certified = wanted.certified.items(green, blue)
    return GateMinute(tuple(items), certified[0]) if certified else None
