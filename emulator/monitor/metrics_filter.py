"""The filter of a metrics request: `deployment eq 'blue' or deployment eq 'green' and statusCode eq '*'`. Reads only.

`or` stands between values of one dimension only, and binds closer than `and`, as Azure has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from emulator.resource_manager.errors import bad_request, not_emulated

Wanted = dict[str, frozenset[str] | None]
"""Dimension, in lower case -> the values that are wanted; None for all."""

_TERM = re.compile(r"\s*(?:(and|or)\s+)?(\w+)\s+(\w+)\s+'((?:[^']|'')*)'(?=\s|$)", re.ASCII | re.IGNORECASE)
_ELSEWHERE = {"ne", "sw"}  # operators that Azure knows


def read_filter(text: str | None) -> Wanted:
    """Return what the filter wants of each dimension. Raises ArmError: 400 for what is no filter, 501 for ne and sw."""
    wanted: Wanted = {}
    last = ""
    for link, dimension, value in _terms((text or "").rstrip()):
        same, again = dimension == last, dimension in wanted
        if (link == "or") != same or (again and not same):
            raise bad_request(
                f"In the filter {text!r}, 'or' must stand between values of one dimension, 'and' between dimensions."
            )
        values = wanted.get(dimension, frozenset())
        wanted[dimension] = None if value == "*" or values is None else values | {value}
        last = dimension
    return wanted


def _terms(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield what stands before each term (nothing before the first), its dimension and its value."""
    position = 0
    while position < len(text):
        found = _TERM.match(text, position)
        if not found or (found[1] is None) != (position == 0):
            raise bad_request(f"The filter {text!r} cannot be read from {text[position:]!r} on.")
        if found[3].lower() in _ELSEWHERE:
            raise not_emulated(f"The operator {found[3]} of a filter")
        if found[3].lower() != "eq":
            raise bad_request(f"The filter {text!r} has the operator {found[3]!r}, which there is not.")
        yield (found[1] or "").lower(), found[2].lower(), found[4].replace("''", "'")
        position = found.end()
