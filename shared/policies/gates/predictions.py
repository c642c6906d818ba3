"""The predictions gate in a policy file."""

from __future__ import annotations

import itertools

from shared.core.gates import PredictionsGate
from shared.core.schema.findings import Part
from shared.core.schema.grammar import Field, Sequence, Table
from shared.core.schema.kinds import between, number
from shared.policies.gates.fields import prediction_at, share_of_risk, uncertified, with_reading

# The judge distinguishes eight bins; of more it would merge the rarest.
MOST_BOUNDARIES = 7


def _check(predictions: Part) -> None:
    bins = predictions["bins"] or []
    for index, (lower, upper) in enumerate(itertools.pairwise(bins), start=1):
        if lower is not None and upper is not None and upper <= lower:
            predictions.add(f"bins[{index}]", f"{upper:.12g} comes after {lower:.12g}; bins must increase")


SCHEMA = Field(
    "predictions",
    Table(
        fields=(
            uncertified(),
            share_of_risk("1"),
            prediction_at(),
            Field(
                "bins",
                Sequence(number(-999_999_999, 999_999_999, "0.5"), "[0.2, 0.5, 0.8]", most=MOST_BOUNDARIES),
                "Increasing boundaries of the bins that numbers fall into. Without it predictions are classes.",
                default=(),
            ),
            Field("shift", between(0, 1, "0.02"), "By how much a share may differ from blue's."),
        ),
        example="{at: /label}",
        makes=PredictionsGate,
        make=lambda values: PredictionsGate(**with_reading(values)),
        check=_check,
    ),
    "The distribution of predictions over classes or bins. Needs collected responses.",
    default=None,
)
