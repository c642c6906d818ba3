"""What a policy may ask to be judged, one module per kind of gate: its keys, bounds, descriptions and checks."""

from __future__ import annotations

from shared.core.gates import Gate
from shared.core.policy import JudgeSettings
from shared.core.schema.findings import Values
from shared.core.schema.grammar import Field, Table
from shared.policies.gates import client_errors, disagreement, errors, latency, predictions, query

# A gate kind is known to policies by being listed here; reports have the gates of a policy in this order.
KINDS: list[Field] = [
    errors.SCHEMA,
    client_errors.SCHEMA,
    latency.SCHEMA,
    predictions.SCHEMA,
    disagreement.SCHEMA,
    query.SCHEMA,
]
HINTS = dict.fromkeys(("query", "custom"), f"unknown key; did you mean queries: [{query.EXAMPLE}]?")


def gates() -> Field:
    """Return the schema of a policy's gates, with every kind that is listed."""
    table = Table(tuple(KINDS), example="{errors: {}}", make=_make, hints=HINTS)
    unwritten = {gate.kind for gate in JudgeSettings().gates}
    default = table.defaults() | {
        field.key: field.kind.defaults() for field in KINDS if isinstance(field.kind, Table) and field.key in unwritten
    }
    return Field(
        "gates",
        table,
        "What is judged. If written, it lists everything that is: gates that it leaves out are not judged.",
        default=default,
        otherwise="`errors` and `latency`",
    )


def _make(values: Values) -> tuple[Gate, ...]:
    """Return the gates that are there, in the order of their kinds; one kind may give several."""
    several = (value if isinstance(value, tuple) else (value,) for value in values.values() if value is not None)
    return tuple(gate for gates in several for gate in gates)
