"""Views as plain JSON values: what is sent is what the types say, no more and no less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum


def plain(value: object) -> object:
    """Return a view as values that JSON has: times in ISO 8601 with Z, fields without the underscore of `from_`."""
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
    """Return what a field of a view is called in JSON: Python keeps `from` for itself."""
    return field.removesuffix("_")
