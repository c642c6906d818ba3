"""Kinds of text that several tables share. It must never name a key."""

from __future__ import annotations

from shared.policies.kinds import Text

# Azure's own rule for the names of endpoints.
ENDPOINT_NAME = Text(
    pattern=r"(?=.{3,32}$)[a-zA-Z][-a-zA-Z0-9]*[a-zA-Z0-9]",
    rule="an endpoint's name (3 to 32 letters, digits and dashes, a letter first, no dash last)",
    example="churn",
)
LINE = Text(r"[^\x00-\x1f\x7f]{1,256}", "text of 1 to 256 characters on one line", '"no changes at the weekend"')
GATE_NAME = Text(
    r"[a-z][a-z0-9_-]{0,31}", "a gate's name (small letters, digits, dash, underscore, a letter first)", "latency"
)
MACHINE = Text(
    r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", "the name of an instance type (letters, digits, _ . -)", "Standard_NC6s_v3"
)


def path_like(example: str) -> Text:
    """Return the kind of a path inside the policies folder."""
    return Text(r"[^\x00-\x1f\x7f\\]+", "a path with / between its parts", example)
