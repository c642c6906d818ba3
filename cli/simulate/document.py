"""The result as JSON values. The same seed gives the same text: it must never hold a time that was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from cli.simulate.course import Course
from cli.simulate.summary import Rate, Spread, Summary, typical

Json = dict[str, Any]


def document(heading: Json, courses: Sequence[Course], total: Summary) -> Json:
    """Return everything that the table and the picture show; heading: what was tried."""
    return heading | {"summary": summary_json(total), "typical": asdict(typical(courses))}


def summary_json(total: Summary) -> Json:
    """Return a summary: minutes, requests and shares (0 to 1) as numbers."""
    return {field.name: _value(getattr(total, field.name)) for field in fields(total)}


def _value(value: object) -> object:
    match value:
        case Rate():
            low, high = value.interval
            return asdict(value) | {"rate": value.value, "low": low, "high": high}
        case Spread():
            return asdict(value)
        case dict():
            return {str(key): _value(part) for key, part in value.items()}
        case _:
            return value
