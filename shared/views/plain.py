"""Converts views to plain JSON values: exactly what the types declare is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum


def plain(value: object) -> object:
    """Convert a view to JSON values: times in ISO 8601 with Z, fields without the underscore of `from_`."""
    if is_dataclass(value):
        return {json_name(each.name): plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def json_name(field: str) -> str:
    """Return the JSON name of a view's field: `from` is a keyword in Python."""
    return field.removesuffix("_")
