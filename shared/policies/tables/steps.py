"""The steps of a policy file: a list of the registered kinds."""

from __future__ import annotations

from shared.core.schema.grammar import Sequence, Variants
from shared.core.steps import STEP_KINDS

HINTS = {
    "shadow": "unknown key; did you mean mirror?",
    "setWeight": "unknown key; did you mean weight?",
    "traffic": "unknown key; did you mean weight?",
    "canary": "unknown key; did you mean weight?",
    "wait": "unknown key; did you mean pause?",
    "test": "unknown key; did you mean smoke?",
    "analysis": "unknown key; green is judged in every step, by judge.gates",
    "promote": "unknown key; green is promoted after the last step",
} | dict.fromkeys(
    ("approve", "approval", "manual"), "unknown key; did you mean pause: {}, which waits for an operator?"
)


def steps() -> Sequence:
    """Return the schema of `steps`."""
    fields = tuple(field for kind in STEP_KINDS.values() if (field := kind.policy_field()))
    return Sequence(Variants("step", fields, example="{weight: 10}", hints=HINTS), "[{weight: 10}, {weight: 50}]")
