"""What a cell of the benchmark is for, and what a cell is. It must never run one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bench.judge.simulation import Scene


class Group(StrEnum):
    """What a cell is for; each group is one table."""

    CLEAN = "Green is as good as blue"
    HARM = "Green is worse from the start"
    TROUBLE = "Green is as good as blue, and the world is not kind"
    BURSTS = "Green is as good as blue, failures come in bursts"
    STORIES = "Green is worse, and it does not show at once"
    LATENCY = "Latency: green is as fast as blue, or a tenth slower"
    EDGE = "Latency: green is just as slow as a margin of 1.25 allows"
    SLOWER = "Latency: green is slower"
    PREDICTED = "Predictions: green's classes are blue's, or 0.02 off as after a normal retrain"
    SHIFTED = "Predictions: green's classes have moved (total variation)"
    AGREEING = "Mirrored requests: green disagrees in 5 % or less, which is allowed"
    DISAGREEING = "Mirrored requests: green disagrees more often than in 5 %"
    PANEL = "Several gates at once: green is as good as blue"
    PANEL_HARM = "Several gates at once: green is worse in one thing"
    WATCH = "After 100 per cent: green stays as good as blue was"
    WATCH_HARM = "After 100 per cent: green begins to fail an hour after its first traffic"


PARTS = {
    "errors": (Group.CLEAN, Group.HARM, Group.TROUBLE, Group.BURSTS, Group.STORIES),
    "latency": (Group.LATENCY, Group.EDGE, Group.SLOWER),
    "predictions": (Group.PREDICTED, Group.SHIFTED, Group.AGREEING, Group.DISAGREEING),
    "panel": (Group.PANEL, Group.PANEL_HARM),
    "watch": (Group.WATCH, Group.WATCH_HARM),
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One cell. good: promoting green is right and rolling back is an error; otherwise the other way round.

    onset: the minute at which green turns bad, where the time to a rollback is counted from there.
    """

    name: str
    group: Group
    world: Scene
    good: bool
    onset: int = 0

    @property
    def key(self) -> tuple[Group, str]:
        """What no other scenario has."""
        return self.group, self.name

    @property
    def seeds(self) -> str:
        """What the seeds of the runs are made of: what is counted once happened as in the world where it is not."""
        return self.name.removesuffix(", counted once")
