"""The disagreement gate in a policy file."""

from __future__ import annotations

from shared.core.gates import DisagreementGate
from shared.core.schema.findings import Part
from shared.core.schema.grammar import Field, Table
from shared.core.schema.kinds import between, number
from shared.policies.gates.fields import prediction_at, share_of_risk, uncertified, with_reading


def _check(disagreement: Part) -> None:
    if not any("mirror" in (step or {}) for step in disagreement.find("steps") or []):
        words = "compares responses to mirrored requests, and no step mirrors; add one, like {mirror: 20}"
        disagreement.add("", words)


SCHEMA = Field(
    "disagreement",
    Table(
        fields=(
            uncertified(),
            share_of_risk("1"),
            prediction_at(),
            Field("at_most", between(0, 1, "0.05"), "The share of responses that may differ."),
            Field("tolerance", number(0, 999_999_999, "0.01"), "By how much two numbers may differ and still agree."),
        ),
        example="{at: /label}",
        makes=DisagreementGate,
        make=lambda values: DisagreementGate(**with_reading(values)),
        check=_check,
    ),
    "How often green answers a mirrored request differently from blue. Needs collected responses and a mirror step.",
    default=None,
)
