"""Kinds of text and lengths of time that several tables share."""

from __future__ import annotations

from datetime import timedelta

from shared.core.schema.kinds import Contents, Text
from shared.core.schema.times import Duration

MILLISECOND, SECOND = timedelta(milliseconds=1), timedelta(seconds=1)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# Azure's longest scoring request.
LONGEST_ANSWER = 180 * SECOND
# Azure's own limit for a managed deployment.
MOST_INSTANCES = 50
# Azure's own rule for the names of endpoints.
ENDPOINT_NAME = Text(
    r"(?=.{3,32}$)[a-zA-Z][-a-zA-Z0-9]*[a-zA-Z0-9]",
    "a valid endpoint name (3 to 32 letters, digits and dashes; starts with a letter, does not end with a dash)",
    "churn",
)
LINE = Text(r"[^\x00-\x1f\x7f]{1,256}", "text of 1 to 256 characters on one line", '"no changes at the weekend"')
GATE_NAME = Text(
    r"[a-z][a-z0-9_-]{0,31}",
    "a valid gate name (lowercase letters, digits, dashes and underscores; starts with a letter)",
    "latency",
)
INSTANCE_TYPE = Text(
    r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", "a valid instance type (letters, digits, _ . -)", "Standard_NC6s_v3"
)


def waiting(example: str) -> Duration:
    """Return the kind of the time that a step may wait."""
    return Duration(MINUTE, 30 * DAY, example)


def file(contents: Contents, example: str) -> Text:
    """Return the kind of the path of a file inside the policies folder."""
    return Text(r"[^\x00-\x1f\x7f\\]+", "a valid path (with / between its parts)", example, contents=contents)
