"""The predictions gate: how predictions are distributed over classes or bins."""

from __future__ import annotations

import collections.abc
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

from shared.core.gates.fields import prediction_at, share_of_risk, uncertified, with_reading
from shared.core.gates.gate import Calibrated, Gate, NothingToCompare, Role, SourceChoice, Terms
from shared.core.gates.measured import Measured
from shared.core.gates.past import Past
from shared.core.gates.samples import NOTHING, CountSample, GateSamples, Pair, Sample
from shared.core.judge.burstiness import burstiness, lasting
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.measure import FEW_BETS, Measure
from shared.core.judge.odds import Counts, Null
from shared.core.judge.panel import long_enough
from shared.core.observation.observation import DeploymentMinute
from shared.core.schema.findings import Part
from shared.core.schema.grammar import Field, Sequence, Table
from shared.core.schema.kinds import between, number
from shared.core.telemetry.needs import Predictions
from shared.core.telemetry.predictions import OTHER, UNREADABLE, PredictionReading

LEAST_PREDICTIONS = 100
MOST_LABELS = 8
SHIFT_RATIO = 1.25


@dataclass(frozen=True, slots=True)
class Predicted(CountSample):
    """Predictions of each of these classes or bins, out of all predictions.

    `OTHER` stands for all other labels, `UNREADABLE` for answers without a prediction, which do not count as `OTHER`.
    any_class: whether blue's answers without a prediction count for each class, because they could have been of it.
    """

    labels: tuple[str, ...]
    any_class: bool = False
    kind: Literal["predicted"] = "predicted"

    @property
    def size(self) -> int:
        """The number of classes or bins that are counted separately."""
        return len(self.labels)

    def counts(self, row: DeploymentMinute, *, green: bool) -> collections.abc.Sequence[Pair]:
        """Return the number of predictions of each label and in total; 0 of 0 if none are known."""
        found = row.predictions
        if found is None:
            return (NOTHING,) * self.size
        total = sum(found.values())
        unread = found.get(UNREADABLE, 0)
        named = [0 if label == OTHER else found.get(label, 0) for label in self.labels]
        rest = total - sum(named) - (0 if UNREADABLE in self.labels else unread)
        more = unread if self.any_class and not green else 0
        return [((rest if label == OTHER else n) + more, total) for label, n in zip(self.labels, named, strict=True)]

    def measured(self, item: int) -> Measured:
        """Return the class or bin."""
        return Measured(what="predicted_label", label=self.labels[item])

    def shown(self, counts: Callable[[int], Counts]) -> int:
        """Return the label whose share differs most."""
        return max(range(self.size), key=lambda item: _shift(counts(item)))


def _measures(classes: int, shift: float) -> tuple[Measure, Measure, Measure]:
    """Return the measures for rarer classes, more frequent classes and unreadable answers.

    Each class (both directions together) and unreadable answers have equal parts of the budget.
    """
    allowed, part = Null(SHIFT_RATIO, shift), 1.0 / (classes + 1)
    more = Measure(items=classes, share=classes * part / 2.0, null=allowed, severe=False, bets=FEW_BETS)
    return replace(more, rarer=True), more, Measure(share=part, null=allowed, severe=False)


def _shift(counts: Counts) -> float:
    return abs((counts.green_rate or 0.0) - (counts.blue_rate or 0.0))


@dataclass(frozen=True, slots=True)
class PredictionsGate(Gate):
    """How predictions are distributed. shift: how far a share may differ from blue's (a probability)."""

    reading: PredictionReading = field(default_factory=PredictionReading)
    shift: float = 0.02
    role: Role = "non_blocking"
    weight: float = 1.0
    kind: Literal["predictions"] = "predictions"
    samples: ClassVar[tuple[type[Sample], ...]] = (Predicted,)
    reported_by_green: ClassVar[bool] = True

    def needs(self, sources: SourceChoice) -> tuple[Predictions]:
        """Return the telemetry that it needs: predictions."""
        del sources
        return (Predictions(self.reading),)

    def recorded(self, row: DeploymentMinute) -> bool:
        """Return whether the minute has predictions."""
        return row.predictions is not None

    def calibrate(self, past: Past, terms: Terms) -> Calibrated:
        """Return the gate's calibration: the classes that blue predicts most often, and unreadable answers.

        Only an increase in unreadable answers is harm. Blue's unreadable answers could have been of any class, so they
        count as that class for blue when the question is whether green predicts it more often.
        """
        known = past.summed(lambda row: row.predictions)
        readable = {label: count for label, count in known.items() if label != UNREADABLE}
        if sum(readable.values()) < LEAST_PREDICTIONS:
            raise NothingToCompare(
                f"fewer than {LEAST_PREDICTIONS} of blue's predictions could be read from the past hour"
            )
        common = sorted(readable.keys() - {OTHER}, key=lambda label: (-known[label], label))
        classes = Predicted((*common[: MOST_LABELS - 2], OTHER))
        samples = (classes, replace(classes, any_class=True), Predicted((UNREADABLE,)))
        bad, total = past.series(classes)
        setting = GateSetting(
            name=self.name,
            critical=False,
            phi=burstiness(bad, total),
            lasting=lasting(bad, total, terms.tuning),
            known=long_enough(total),
            budget=None,
            measures=_measures(classes.size, self.shift),
        )
        return Calibrated(setting, GateSamples(samples))

    def alarm_sample(self, past: Past) -> Predicted:
        """Return the sample of unreadable answers: if both deployments' are unreadable, a comparison shows nothing."""
        del past
        return Predicted((UNREADABLE,))

    @classmethod
    def policy_field(cls) -> Field:
        """Return the gate's key in a policy file."""
        fields = (
            uncertified(),
            share_of_risk("1"),
            prediction_at(),
            Field(
                "bins",
                Sequence(number(-999_999_999, 999_999_999, "0.5"), "[0.2, 0.5, 0.8]", most=MOST_LABELS - 1),
                "Increasing boundaries of the bins that numbers fall into. Without it predictions are classes.",
                default=(),
            ),
            Field("shift", between(0, 1, "0.02"), "How far a share may differ from blue's."),
        )
        table = Table(
            fields, example="{at: /label}", makes=cls, make=lambda values: cls(**with_reading(values)), check=_check
        )
        return Field(
            "predictions",
            table,
            "The distribution of predictions over classes or bins. Needs collected responses.",
            default=None,
        )


def _check(predictions: Part) -> None:
    bins = predictions["bins"] or []
    for index, (lower, upper) in enumerate(itertools.pairwise(bins), start=1):
        if lower is not None and upper is not None and upper <= lower:
            predictions.add(f"bins[{index}]", f"{upper:.12g} comes after {lower:.12g}; bins must increase")
