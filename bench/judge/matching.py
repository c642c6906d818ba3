"""Tunes a method until its false rollbacks in a clean world meet the target. No bad green is involved."""

from __future__ import annotations

from collections.abc import Callable

from bench.judge.cells import Contestant, simulated
from bench.judge.methods.catalogue import Dial, Entry
from bench.judge.minute import Status
from bench.judge.worlds import FailureWorld

TARGET = 0.01
HALVINGS = 8


def matched(entry: Entry, clean: FailureWorld, runs: int) -> Contestant | None:
    """Return the method with the laxest setting that keeps false rollbacks at the target; None if it is not tunable.

    The setting is found by eight bisections on a logarithmic scale. The seeds differ from those of all scenarios.
    """
    if entry.dial is None:
        return None
    dial = entry.dial
    setting = dial.at(_least(lambda position: _false_rate(dial, dial.at(position), clean, runs) <= TARGET))
    return Contestant(entry.name, dial.method(setting), "matched", setting)


def _least(holds: Callable[[float], bool]) -> float:
    """Return the smallest position in [0, 1] for which bisection finds that `holds` is true; 1 if there is none."""
    if holds(0.0):
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _false_rate(dial: Dial, setting: float, clean: FailureWorld, runs: int) -> float:
    done = simulated(clean, dial.method(setting), runs, f"matching {clean.rate} {clean.base}")
    return sum(one.status is Status.ROLLED_BACK for one in done) / runs
