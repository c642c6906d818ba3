"""The shipped judge's input in a world: its panel and its minutes, for the errors gate or all gates of a policy.

Makes the same calls as the app; the judge is not reimplemented here.
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


class Feed(Protocol):
    """The source of the judge's panel and minutes."""

    @property
    def panel(self) -> Panel:
        """The gates, frozen before green's first request."""
        ...

    def judged(self, minute: Minute, weight: int, next_weight: int | None) -> JudgedMinute:
        """Return the minute in the judge's form, for a step of this weight in percent."""
        ...


@dataclass(frozen=True, slots=True)
class ErrorsFeed:
    """The errors gate alone, through the judge's shortcut for it."""

    panel: Panel

    def judged(self, minute: Minute, weight: int, next_weight: int | None) -> JudgedMinute:
        """Return the counts of the minute."""
        counts = Counts(minute.green_bad, minute.green_total, minute.blue_bad, minute.blue_total)
        return panel.errors_minute(counts, weight, next_weight, steady=minute.weight == weight)


@dataclass(frozen=True, slots=True)
class GatesFeed:
    """Every gate of a policy, calibrated and fed as in the app. mirror: green gets only mirrored requests."""

    calibration: Calibration
    mirror: bool = False

    @property
    def panel(self) -> Panel:
        """The calibration's panel."""
        return self.calibration.panel

    def judged(self, minute: Minute, weight: int, next_weight: int | None) -> JudgedMinute:
        """Return each gate's sample of the minute's rows. A deployment without requests has no row."""
        green, blue = (row if row.total else None for row in minute.rows) if minute.rows else (None, None)
        return JudgedMinute(
            gates=tuple([gate_minute(samples, green, blue) for samples in self.calibration.samples]),
            weight=-weight if self.mirror else weight,
            next_weight=next_weight,
            steady=minute.weight == weight,
            green=minute.green_total,
            blue=minute.blue_total,
        )


def errors_feed(past: tuple[list[int], list[int]], budget: float | None = None, tuning: Tuning = TUNED) -> ErrorsFeed:
    """Return the feed of the errors gate, calibrated from blue's failed and total requests in past minutes."""
    return ErrorsFeed(panel.errors_panel(*past, budget, tuning))


def gates_feed(rows: Iterable[DeploymentMinute], settings: JudgeSettings, *, mirror: bool = False) -> GatesFeed:
    """Return the feed of a policy's gates, calibrated from blue's past rows."""
    return GatesFeed(calibrate(settings, past_of(rows, "blue")), mirror)
