"""The result of a query in the form of Log Analytics' answer. Pure."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from duckdb_kql.types import kusto_type

from emulator.monitor.log_store import Result
from emulator.resources import Json


def document(result: Result) -> Json:
    """Return the body of the answer: one table, PrimaryResult, with Kusto's column types and rows of JSON values."""
    columns = [
        {"name": name, "type": kusto_type(kind)} for name, kind in zip(result.columns, result.types, strict=True)
    ]
    rows = [[_cell(value) for value in row] for row in result.rows]
    return {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]}


def _cell(value: Any) -> Any:  # noqa: ANN401  # any value of the database
    """Return a value in Azure's JSON form."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return _timespan(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def _timespan(length: timedelta) -> str:
    """Return a timespan in .NET's form: `[-][d.]hh:mm:ss[.fffffff]`."""
    sign, length = ("-", -length) if length < timedelta() else ("", length)
    hours, rest = divmod(length.seconds, 3600)
    days = f"{length.days}." if length.days else ""
    fraction = f".{length.microseconds * 10:07d}" if length.microseconds else ""
    return f"{sign}{days}{hours:02d}:{rest // 60:02d}:{rest % 60:02d}{fraction}"
