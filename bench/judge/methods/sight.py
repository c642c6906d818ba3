"""What Teal's judge sees of a minute in a world: the errors alone, or every gate of a policy.

The functions are the shipped ones; nothing of the judge is written again here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from bench.judge.minute import Minute
from shared.core.gates.calibration import Calibration, calibrate, past_of
from shared.core.gates.samples import gate_minute
from shared.core.judge import panel
from shared.core.judge.odds import Counts
from shared.core.judge.panel import JudgedMinute, Panel
from shared.core.judge.tuning import TUNED, Tuning
from shared.core.observation import DeploymentMinute
from shared.core.policy import JudgeSettings


class Sight(Protocol):
    """Where the judge's panel and its minutes come from."""

    @property
    def panel(self) -> Panel:
        """The gates, frozen before green's first request."""
        ...

    def judged(self, minute: Minute, weight: int, next_weight: int | None) -> JudgedMinute:
        """Return the minute as the judge takes it, at a step of this weight."""
        ...


@dataclass(frozen=True, slots=True)
class ErrorsSight:
    """The errors gate alone, by the judge's own short way to it."""

    panel: Panel

    def judged(self, minute: Minute, weight: int, next_weight: int | None) -> JudgedMinute:
        """Return the counts of the minute."""
        counts = Counts(minute.green_bad, minute.green_total, minute.blue_bad, minute.blue_total)
        return panel.errors_minute(counts, weight, next_weight, steady=minute.weight == weight)


@dataclass(frozen=True, slots=True)
class GatesSight:
    """Every gate of a policy, set and fed as the app does it. mirror: green gets copies of live requests only."""

    calibration: Calibration
    mirror: bool = False

    @property
    def panel(self) -> Panel:
        """The calibration's."""
        return self.calibration.panel

    def judged(self, minute: Minute, weight: int, next_weight: int | None) -> JudgedMinute:
        """Return what each gate takes from the minute's rows; without requests there is no row."""
        green, blue = (row if row.total else None for row in minute.rows) if minute.rows else (None, None)
        return JudgedMinute(
            gates=tuple([gate_minute(samples, green, blue) for samples in self.calibration.samples]),
            weight=-weight if self.mirror else weight,
            next_weight=next_weight,
            steady=minute.weight == weight,
            green=minute.green_total,
            blue=minute.blue_total,
        )


def of_errors(past: tuple[list[int], list[int]], budget: float | None = None, tuning: Tuning = TUNED) -> ErrorsSight:
    """Return the sight of the errors alone, set by blue's failed and total requests in the past minutes."""
    return ErrorsSight(panel.errors_panel(*past, budget, tuning))


def of_gates(rows: Iterable[DeploymentMinute], settings: JudgeSettings, *, mirror: bool = False) -> GatesSight:
    """Return the sight of a policy's gates, set by blue's past rows."""
    return GatesSight(calibrate(settings, past_of(rows, "blue")), mirror)
