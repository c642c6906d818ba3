"""The gates of a policy file: a table of the registered kinds."""

from __future__ import annotations

from shared.core.gates import GATE_KINDS, Gate
from shared.core.policy import JudgeSettings
from shared.core.schema.findings import Values
from shared.core.schema.grammar import Field, Table

QUERIES = "unknown key; did you mean queries: [{name: fraud, query: gates/fraud.kql}]?"


def gates() -> Field:
    """Return the schema of `judge.gates`."""
    fields = tuple(field for kind in GATE_KINDS.values() if (field := kind.policy_field()))
    table = Table(fields, "{errors: {}}", make=_make, hints={"query": QUERIES, "custom": QUERIES})
    unwritten = {gate.kind for gate in JudgeSettings().gates}
    default = table.defaults() | {
        field.key: field.kind.defaults() for field in fields if isinstance(field.kind, Table) and field.key in unwritten
    }
    about = "What is judged. If set, only the gates listed here are judged."
    return Field("gates", table, about, default, otherwise="`errors` and `latency`")


def _make(values: Values) -> tuple[Gate, ...]:
    """Return the gates in the file, in the order of their kinds; one kind may give several."""
    several = (value if isinstance(value, tuple) else (value,) for value in values.values() if value is not None)
    return tuple(gate for gates in several for gate in gates)
