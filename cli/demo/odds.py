"""The judge's odds in the picture: how they changed over the minutes of the demo's clock, for every rollout.

Pure. Odds are numbers (20 is 20 : 1, 0.1 is 1 : 10) taken from Teal; nothing is judged again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from cli.demo.report import Json, Played, unix

DECIDING = "errors"  # the gate that moves traffic in the demo's policy
MINUTE = 1.0
EVEN = 1.0  # the starting odds, before any evidence
FURTHEST = 100.0  # log odds are cut off here: beyond any axis, and within the range of a float


@dataclass(frozen=True, slots=True)
class Line:
    """Odds over minutes since the first request, each at the end of the minute it was computed after."""

    minutes: list[float]
    odds: list[float]


@dataclass(frozen=True, slots=True)
class Odds:
    """worse: that green is worse, one line per rollout. safe: that the next step is safe, one line per step.

    rolls_back, advances: the odds at which the judge does so; None if no rollout got far enough to report them.
    """

    worse: list[Line]
    safe: list[Line]
    rolls_back: float | None
    advances: float | None


def odds(played: Played, origin: float) -> Odds:
    """Return the odds of the deciding gate. origin: unix seconds of minute 0."""
    worse: list[Line] = []
    safe: list[Line] = []
    gates: list[Json] = []
    for version in played.rollouts:
        kept = [(minute, gate) for minute in played.evidence.get(version, []) for gate in _deciding(minute)]
        gates += [gate for _, gate in kept]
        starts = [_start(minute, origin) for minute, _ in kept]
        worse += _lines(starts, [gate["log_odds_worse"] for _, gate in kept])
        for _, step in groupby(zip(starts, kept, strict=True), lambda each: each[1][0]["weight"]):
            certified = [(start, gate["log_odds_safe"]) for start, (_, gate) in step if _is_certified(gate)]
            safe += _lines([start for start, _ in certified], [log for _, log in certified])
    return Odds(worse, safe, _line_at(gates, "log_odds_worse_threshold"), _line_at(gates, "log_odds_safe_threshold"))


def _deciding(minute: Json) -> list[Json]:
    return [gate for gate in minute["gates"] if gate["gate"] == DECIDING]


def _is_certified(gate: Json) -> bool:
    return gate["log_odds_safe"] is not None


def _start(minute: Json, origin: float) -> float:
    return (unix(minute["minute"]) - origin) / 60


def _lines(starts: Sequence[float], logs: Sequence[float]) -> list[Line]:
    """Return a line that starts at even odds at the beginning of the first minute; no line without minutes."""
    if not starts:
        return []
    return [Line([starts[0], *(start + MINUTE for start in starts)], [EVEN, *(_ratio(log) for log in logs)])]


def _ratio(log_odds: float) -> float:
    return math.exp(max(-FURTHEST, min(log_odds, FURTHEST)))


def _line_at(gates: Iterable[Json], name: str) -> float | None:
    return next((_ratio(gate[name]) for gate in gates if gate[name] is not None), None)
