"""Parses rows of Azure ML's data collector, one JSON object per line, as answers. Pure.

Azure documents ("Collect production data"): `time` (of the event, whole seconds), `data` (the payload as JSON or
text), `xrequestid`, `correlationid`, `source` (the deployment's ARM id), `id` (of the row), `datainblob` ("true":
binary or over 4 MB, stored elsewhere). A row has no status, so the payload of a failed answer looks like any other.
Not documented: whether a mirrored copy of a request keeps its `xrequestid`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from shared.ports import AnswerSeen

Row = dict[str, Any]


class UnreadableRow(ValueError):  # noqa: N818 -- reads as what it means
    """A line that is not a row."""


def read_row(line: bytes) -> Row:
    """Parse a line as a row with its `time` as an aware datetime. Raises UnreadableRow."""
    try:
        row = json.loads(line)
        moment = datetime.fromisoformat(row["time"])
    except (KeyError, RecursionError, TypeError, ValueError) as error:
        raise UnreadableRow(f"not a row of the data collector: {error!r:.200}") from error
    return {**row, "time": moment if moment.tzinfo else moment.replace(tzinfo=UTC)}


def belongs(row: Row, endpoint: str, deployment: str) -> bool:
    """Return whether the row is this deployment's, as several may share a folder; so is a row without a source."""
    source = str(row.get("source") or "").lower()
    return not source or source.endswith(f"/onlineendpoints/{endpoint}/deployments/{deployment}".lower())


def answer(row: Row, deployment: str) -> AnswerSeen:
    """Return the row as an answer. If its payload is stored elsewhere, the body is empty and holds no prediction."""
    elsewhere = str(row.get("datainblob")).lower() == "true" or "data" not in row
    request = row.get("xrequestid") or row.get("correlationid") or ""
    return AnswerSeen(deployment, row["time"], str(request), "" if elsewhere else _body(row["data"]))


def _body(data: Any) -> str:  # noqa: ANN401 -- any JSON value
    """Return the payload as JSON text. Text that is itself JSON was encoded twice, or collected as text."""
    if isinstance(data, str):
        try:
            json.loads(data)
        except (RecursionError, ValueError):
            pass
        else:
            return data
    return json.dumps(data)
