"""Limits for the text in a record: whatever is stored is bounded where it is created, so that it can always be stored.

A few examples and a count say as much as thousands of lines, and a record that is too large would stop its rollout.
"""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")
LONGEST_TEXT = 1000
LONGEST_ITEM = 500
MOST_ITEMS = 30


def cut(text: str, most: int = LONGEST_TEXT) -> str:
    """Return the text, truncated to at most `most` characters; an ellipsis marks a truncation."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def bounded(value: T, longest: int = LONGEST_TEXT) -> T:
    """Return a JSON value, reduced to a size that fits in a record.

    Lists and objects keep 30 items, a string 1,000 characters, and a string within a list or an object 500.
    """
    found: object = value
    if isinstance(value, str):
        found = cut(value, longest)
    elif isinstance(value, list | tuple):
        found = type(value)(bounded(item, LONGEST_ITEM) for item in value[:MOST_ITEMS])
    elif isinstance(value, dict):
        items = list(value.items())[:MOST_ITEMS]
        found = {cut(str(key), LONGEST_ITEM): bounded(item, LONGEST_ITEM) for key, item in items}
    return found  # type: ignore[return-value]  # of the same type, only smaller
