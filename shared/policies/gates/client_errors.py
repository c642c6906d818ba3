"""The client errors gate in a policy file."""

from __future__ import annotations

from shared.core.gates import ClientErrorsGate
from shared.core.schema.grammar import Field, Table
from shared.policies.gates.fields import limit, role, share_of_risk

SCHEMA = Field(
    "client_errors",
    Table(
        fields=(role(), share_of_risk("1"), limit("requests that may be rejected")),
        example="{}",
        makes=ClientErrorsGate,
    ),
    "The share of requests rejected as the caller's mistake: all other 4xx.",
    default=None,
)
