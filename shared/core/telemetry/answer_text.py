"""The one reader of answers: gates and smoke tests both read an answer's JSON here, so they read it alike.

Scoring scripts often return `json.dumps(...)`, which the inference server encodes a second time. A JSON string that
itself contains JSON is therefore decoded again.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

Value = Any  # of JSON


def read_answer(text: str) -> Value:
    """Return the value of an answer (JSON text), decoded again if it is JSON within a JSON string.

    Raises ValueError, mostly json.JSONDecodeError, or RecursionError if the text is not JSON.
    """
    return readings(text)[0]


def readings(text: str) -> tuple[Value, ...]:
    """Return the values that an answer can stand for, the innermost first: `"7"` is the number 7 or the text 7.

    Raises ValueError or RecursionError as `read_answer` does.
    """
    value = json.loads(text)
    if isinstance(value, str):
        with suppress(ValueError, RecursionError):  # a string that is not JSON is the value itself
            return json.loads(value), value
    return (value,)
