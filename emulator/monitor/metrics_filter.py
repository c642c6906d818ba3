"""The filter of a metrics query: `deployment eq 'blue' or deployment eq 'green' and statusCode eq '*'`. Parsing only.

As in Azure, `or` separates values of one dimension only, and binds more tightly than `and`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from emulator.arm_errors import bad_request, not_emulated

Filter = dict[str, frozenset[str] | None]
"""Dimension in lower case -> the selected values; None selects all."""

_TERM = re.compile(r"\s*(?:(and|or)\s+)?(\w+)\s+(\w+)\s+'((?:[^']|'')*)'(?=\s|$)", re.ASCII | re.IGNORECASE)
_NOT_EMULATED = {"ne", "sw"}  # Azure's other operators


def parse_filter(text: str | None) -> Filter:
    """Return what the filter selects. Raises ArmError: 400 for a filter that is not valid, 501 for ne and sw."""
    selected: Filter = {}
    last = ""
    for link, dimension, value in _terms((text or "").rstrip()):
        same, again = dimension == last, dimension in selected
        if (link == "or") != same or (again and not same):
            rule = "'or' must separate values of one dimension, and 'and' must separate dimensions"
            raise bad_request(f"The filter {text!r} is not valid: {rule}.")
        values = selected.get(dimension, frozenset())
        selected[dimension] = None if value == "*" or values is None else values | {value}
        last = dimension
    return selected


def _terms(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield the conjunction before each term (empty for the first), its dimension and its value."""
    position = 0
    while position < len(text):
        found = _TERM.match(text, position)
        if not found or (found[1] is None) != (position == 0):
            raise bad_request(f"The filter {text!r} cannot be parsed at {text[position:]!r}.")
        if found[3].lower() in _NOT_EMULATED:
            raise not_emulated(f"The filter operator {found[3]}")
        if found[3].lower() != "eq":
            raise bad_request(f"The filter {text!r} has an unknown operator {found[3]!r}.")
        yield (found[1] or "").lower(), found[2].lower(), found[4].replace("''", "'")
        position = found.end()
