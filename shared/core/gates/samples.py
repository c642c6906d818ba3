"""What a gate takes from a minute of telemetry: the counts or percentiles of green and blue that its bets are made on.

A sample is frozen on the record with its thresholds. Where telemetry says nothing of it, there is no item: no evidence
is never evidence of no harm. It must never hold a count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from shared.core.gates.latency import slower
from shared.core.judge.gate import GateMinute
from shared.core.judge.ladder import LEAST_REQUESTS, Percentiles
from shared.core.judge.measure import Item
from shared.core.judge.odds import Counts
from shared.core.observation.observation import DeploymentMinute, Tally

OTHER = "(other)"
NOTHING = Tally(0, 0)
Row = DeploymentMinute | None


@dataclass(frozen=True, slots=True)
class Failed:
    """Failed requests of all."""

    kind: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Refused:
    """Requests refused as the caller's mistake, of all."""

    kind: Literal["refused"] = "refused"


@dataclass(frozen=True, slots=True)
class Slower:
    """Good answers that took longer than a bucket's edge. buckets: green's and blue's, a pair for each item."""

    buckets: tuple[tuple[int, int], ...]
    kind: Literal["slower"] = "slower"


@dataclass(frozen=True, slots=True)
class Ladder:
    """P50 and P95 of both, in minutes with enough requests."""

    kind: Literal["ladder"] = "ladder"


@dataclass(frozen=True, slots=True)
class Predicted:
    """Predictions of each of these classes or bins, of all; `OTHER` stands for every other."""

    labels: tuple[str, ...]
    kind: Literal["predicted"] = "predicted"


@dataclass(frozen=True, slots=True)
class Counted:
    """What the gate of this name counted."""

    gate: str
    kind: Literal["counted"] = "counted"


Sample = Failed | Refused | Slower | Ladder | Predicted | Counted


@dataclass(frozen=True, slots=True)
class GateSamples:
    """What one gate takes: for each of its measures a sample, and one for its certificate (None: it has none)."""

    samples: tuple[Sample, ...] = (Failed(),)
    certified: Sample | None = Failed()


def gate_minute(wanted: GateSamples, green: Row, blue: Row) -> GateMinute | None:
    """Return what the gate sees of a minute, or None if telemetry says nothing of it."""
    items: list[Item] = []
    for sample in wanted.samples:
        found = items_of(sample, green, blue)
        if found is None:
            return None
        items += found
    if wanted.certified is None:
        return GateMinute(tuple(items))
    if wanted.certified == wanted.samples[0]:
        return GateMinute(tuple(items), items[0])
    certified = items_of(wanted.certified, green, blue)
    return GateMinute(tuple(items), certified[0]) if certified else None


def items_of(sample: Sample, green: Row, blue: Row) -> list[Item] | None:
    """Return the items of a sample in a minute, or None if telemetry says nothing of it."""
    return _percentiles(green, blue) if isinstance(sample, Ladder) else _counts(_counting(sample), green, blue)


def blue_series(sample: Sample, rows: Sequence[Row]) -> list[tuple[list[int], list[int]]]:
    """Return blue's bad and total of each minute, for each count of the sample; 0 of 0 where nothing is known."""
    found: list[tuple[list[int], list[int]]] = []
    for count in _counting(sample):
        tallies = [(count(row, False) or NOTHING) if row is not None else NOTHING for row in rows]
        found.append(([tally.bad for tally in tallies], [tally.total for tally in tallies]))
    return found


Counting = Callable[[DeploymentMinute, bool], Tally | None]


@lru_cache(maxsize=256)
def _counting(sample: Sample) -> tuple[Counting, ...]:
    """Return how each count of a sample is taken from a row; none for percentiles."""
    match sample:
        case Failed():
            return (lambda row, _: Tally(row.bad, row.total),)
        case Refused():
            return (lambda row, _: Tally(row.client_errors, row.total),)
        case Slower(buckets=buckets):
            return tuple([_slower(pair) for pair in buckets])
        case Predicted(labels=labels):
            return tuple([_share(label, labels) for label in labels])
        case Counted(gate=gate):
            return (lambda row, _: row.tallies.get(gate, NOTHING),)
        case Ladder():
            return ()


def _counts(counting: tuple[Counting, ...], green: Row, blue: Row) -> list[Item] | None:
    found: list[Item] = []
    for count in counting:
        ours = NOTHING if green is None else count(green, True)
        theirs = NOTHING if blue is None else count(blue, False)
        if ours is None or theirs is None:
            return None
        found.append(Counts(ours.bad, ours.total, theirs.bad, theirs.total))
    return found


def _slower(pair: tuple[int, int]) -> Counting:
    def count(row: DeploymentMinute, ours: bool) -> Tally | None:  # noqa: FBT001 -- whether it is green's
        if row.slowness is None:
            return NOTHING if row.total == 0 else None
        return Tally(slower(row.slowness, pair[0] if ours else pair[1]), sum(row.slowness.values()))

    return count


def _share(label: str, labels: tuple[str, ...]) -> Counting:
    def count(row: DeploymentMinute, _: bool) -> Tally | None:  # noqa: FBT001 -- as above
        if row.predictions is None:
            return NOTHING
        total = sum(row.predictions.values())
        if label != OTHER:
            return Tally(row.predictions.get(label, 0), total)
        return Tally(sum(many for name, many in row.predictions.items() if name == OTHER or name not in labels), total)

    return count


def _percentiles(green: Row, blue: Row) -> list[Item] | None:
    if green is None or blue is None or min(green.total, blue.total) < LEAST_REQUESTS:
        return None
    ours, theirs = green.percentiles or {}, blue.percentiles or {}
    if not {50, 95} <= ours.keys() & theirs.keys():
        return None
    return [Percentiles(ours[50], theirs[50], ours[95], theirs[95])]
