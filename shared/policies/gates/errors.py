"""The errors gate in a policy file."""

from __future__ import annotations

from shared.core.gates import ErrorsGate
from shared.core.schema.grammar import Field, Table
from shared.policies.gates.fields import limit, role, share_of_risk

WHY_NOT = "this gate must be able to roll back: a green that fails every request is invisible to the others"

SCHEMA = Field(
    "errors",
    Table(
        fields=(
            role(without="dry_run", hints={"dry_run": WHY_NOT}),
            share_of_risk("5"),
            limit("requests that may fail"),
        ),
        example="{}",
        makes=ErrorsGate,
    ),
    "The share of failed requests: 5xx, 424 (the model's container failed), 408, 429.",
)
