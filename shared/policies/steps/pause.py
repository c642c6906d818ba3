"""The pause step in a policy file."""

from __future__ import annotations

from shared.core.schema.grammar import Field, Table
from shared.core.schema.texts import waiting
from shared.core.steps import PauseStep

SCHEMA = Field(
    "pause",
    Table(
        fields=(
            Field(
                "for",
                waiting("30m"),
                "How long to wait. Without it, the rollout waits until an operator resumes or promotes it.",
                attribute="duration",
            ),
        ),
        example="{} or {for: 30m}",
        makes=PauseStep,
        short="for",
        hints={"duration": "unknown key; the duration is `for`"},
    ),
    "Wait: for an operator, or for a time.",
)
