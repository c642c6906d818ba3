"""The steps of a policy file: a list of the registered kinds."""

from __future__ import annotations

from shared.core.schema.grammar import Sequence, Variants
from shared.core.steps import STEP_KINDS

HINTS = {
    "shadow": "unknown key; did you mean mirror?",
    "setWeight": "unknown key; did you mean weight?",
    "traffic": "unknown key; did you mean weight?",
    "wait": "unknown key; did you mean pause?",
}


def steps() -> Sequence:
    """Return the schema of `steps`."""
    fields = tuple(field for kind in STEP_KINDS.values() if (field := kind.policy_field()))
    return Sequence(Variants("step", fields, example="{weight: 10}", hints=HINTS), "[{weight: 10}, {weight: 50}]")
