"""The steps of a policy as a file writes them, one module per kind: its keys, bounds, descriptions and checks."""

from __future__ import annotations

from shared.core.schema.grammar import Field, Sequence, Variants
from shared.policies.steps import mirror, pause, smoke, weight

# A step kind is known to policies by being listed here.
KINDS: list[Field] = [smoke.SCHEMA, mirror.SCHEMA, weight.SCHEMA, pause.SCHEMA]
HINTS = {
    "shadow": "unknown key; did you mean mirror?",
    "setWeight": "unknown key; did you mean weight?",
    "traffic": "unknown key; did you mean weight?",
    "wait": "unknown key; did you mean pause?",
}


def steps() -> Sequence:
    """Return the schema of a policy's steps, with every kind that is listed."""
    step = Variants("step", tuple(KINDS), example="{weight: 10}", hints=HINTS)
    return Sequence(step, "[{weight: 10}, {weight: 50}]")
