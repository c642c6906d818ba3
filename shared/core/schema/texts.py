"""Kinds of values that several tables share."""

from __future__ import annotations

import math
import re
from datetime import timedelta

from shared.core.schema.kinds import Scalar, text
from shared.core.schema.matching import MOST_WAYS, ways
from shared.core.schema.times import DAY, MINUTE, SECOND, duration
from shared.core.schema.words import Unfit, Word

LONGEST_PATTERN = 200

# Azure's longest scoring request, and its own limit for a managed deployment.
LONGEST_ANSWER = 180 * SECOND
MOST_INSTANCES = 50
# Azure's own rule for the names of endpoints.
ENDPOINT_NAME = text(
    r"(?=.{3,32}$)[a-zA-Z][-a-zA-Z0-9]*[a-zA-Z0-9]",
    "a valid endpoint name (3 to 32 letters, digits and dashes; starts with a letter, does not end with a dash)",
    "churn",
)
LINE = text(r"[^\x00-\x1f\x7f]{1,256}", "text of 1 to 256 characters on one line", '"no changes at the weekend"')
GATE_NAME = text(
    r"[a-z][a-z0-9_-]{0,31}",
    "a valid gate name (lowercase letters, digits, dashes and underscores; starts with a letter)",
    "latency",
)
INSTANCE_TYPE = text(
    r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", "a valid instance type (letters, digits, _ . -)", "Standard_NC6s_v3"
)


def check_pattern(word: Word) -> re.Pattern[str]:
    """Return a regular expression; raises Unfit if it is not valid, or if some text could make it take forever."""
    try:
        found = re.compile(word.text)
    except (re.error, OverflowError) as error:
        raise Unfit(f"{word} is not a valid Python regular expression: {error}") from error
    if math.isinf(ways(word.text)):
        raise Unfit(
            f"{word} has something whose time is not known; use groups, alternatives, repeats and look-arounds, but no "
            "comments, conditions, references to groups, or flags other than (?i), (?m) and (?s)"
        )
    if ways(word.text) > MOST_WAYS:
        raise Unfit(
            f"{word} can take forever on text that does not match, because it can divide the same text in many ways; "
            "let something that a repeat does not match follow it, as in `[a-z]+@`, or limit it, as in `.{1,20}`"
        )
    return found


def _pattern(word: Word) -> str:
    if word.type == "nothing" or not 1 <= len(word.text) <= LONGEST_PATTERN:
        raise ValueError
    if check_pattern(word).search(""):
        raise Unfit(f"{word} matches the empty text, so it would match everywhere")
    return word.text


PATTERN = Scalar(
    f"a regular expression of 1 to {LONGEST_PATTERN} characters",
    "'ACME-[0-9]{6}'",
    _pattern,
    {"type": "string", "minLength": 1, "maxLength": LONGEST_PATTERN, "format": "regex"},
)


def waiting(example: str) -> Scalar[timedelta]:
    """Return the kind of a time that a step may wait."""
    return duration(MINUTE, 30 * DAY, example)
