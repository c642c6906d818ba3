"""The groups of the benchmark's cells, one table each, and the scenario that a cell is run in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from bench.judge.simulation import World


class Group(StrEnum):
    """What a cell tests. good: promoting green is right and a rollback is an error; otherwise the opposite."""

    good: bool
    heading: str

    CLEAN = "clean", True, "Green is as good as blue, under clean conditions"
    HARM = "harm", False, "Green is worse from the start"
    ADVERSE = "adverse", True, "Green is as good as blue, under adverse conditions"
    BURSTS = "bursts", True, "Green is as good as blue, but failures come in bursts"
    HIDDEN_HARM = "hidden_harm", False, "Green is worse, but the harm starts late or is hard to see"
    LATENCY = "latency", True, "Latency: green is as fast as blue, or a tenth slower"
    EDGE = "edge", True, "Latency: green is as slow as the margin of 1.25 allows"
    SLOWER = "slower", False, "Latency: green is slower than allowed"
    PREDICTED = "predicted", True, "Predictions: green's classes are as blue's, or 0.02 off as after a normal retrain"
    SHIFTED = "shifted", False, "Predictions: green's classes have shifted (total variation)"
    AGREEING = "agreeing", True, "Mirrored requests: green disagrees on at most 5 %, which is allowed"
    DISAGREEING = "disagreeing", False, "Mirrored requests: green disagrees on more than 5 %"
    PANEL = "panel", True, "Several gates: green is as good as blue"
    PANEL_HARM = "panel_harm", False, "Several gates: green is worse in one respect"
    WATCH = "watch", True, "After 100 %: green stays as good as blue was"
    WATCH_HARM = "watch_harm", False, "After 100 %: green starts to fail one hour after its first traffic"

    def __new__(cls, value: str, good: bool, heading: str) -> Self:  # noqa: FBT001 -- a column of the table above
        """Return the member that is stored as this value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.good, member.heading = good, heading
        return member


PARTS = {
    "errors": (Group.CLEAN, Group.HARM, Group.ADVERSE, Group.BURSTS, Group.HIDDEN_HARM),
    "latency": (Group.LATENCY, Group.EDGE, Group.SLOWER),
    "predictions": (Group.PREDICTED, Group.SHIFTED, Group.AGREEING, Group.DISAGREEING),
    "panel": (Group.PANEL, Group.PANEL_HARM),
    "watch": (Group.WATCH, Group.WATCH_HARM),
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One world to run the methods in. onset: the minute at which green turns bad; detection is timed from there."""

    name: str
    group: Group
    world: World
    onset: int = 0

    @property
    def key(self) -> tuple[Group, str]:
        """The scenario's identity: a name is unique in its group."""
        return self.group, self.name

    @property
    def seeds(self) -> str:
        """The text that seeds the runs. Variants that count retries once have the same history as those that do not."""
        return self.name.removesuffix(", counted once")
