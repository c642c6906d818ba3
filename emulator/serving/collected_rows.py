"""What Azure's data collector writes for a request: one JSON object per line, with the documented fields. Pure.

`request` and `response` are the HTTP payloads, whatever the container's status. `model_inputs` and `model_outputs` are
data frames, as lists of records, of models that are served without a script, such as MLflow's, which Azure instruments
itself. What a script logs with Microsoft's package is not emulated, and neither are captured headers. Payloads above
4 MB, and binary ones, are stored in a separate blob, which the row refers to.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulator.resources import Deployment, Json
from emulator.serving.call import Call
from emulator.serving.outcome import Outcome

LARGEST_IN_ROW = 4 * 1024 * 1024
_PAYLOADS = ("request", "response")
_FRAMES = ("model_inputs", "model_outputs")
_FOLDERS = {"minute": "%Y/%m/%d/%H/%M", "hour": "%Y/%m/%d/%H", "day": "%Y/%m/%d", "month": "%Y/%m", "year": "%Y"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that a deployment's container answered, with the answer and the time."""

    deployment: Deployment
    call: Call
    outcome: Outcome
    moment: datetime


@dataclass(frozen=True, slots=True)
class Collected:
    """A row of one collection. `separate` is its payload if that goes to a separate blob, named by the row's id."""

    row: Json
    separate: bytes | None = None


def collector(deployment: Deployment) -> Json:
    """Return the deployment's `dataCollector`, or an empty one."""
    return deployment.body["properties"].get("dataCollector") or {}


def dated_folder(deployment: Deployment, moment: datetime) -> str:
    """Return the folder for rows of this time, by the deployment's rolling rate."""
    return moment.strftime(_FOLDERS[str(collector(deployment).get("rollingRate") or "hour").lower()])


def collected(exchange: Exchange, collection: str, source: str) -> Collected | None:
    """Return the row of an exchange in a collection, or None if there is none. `source` is the deployment's ARM id."""
    is_input = collection in ("request", "model_inputs")
    payload = exchange.call.body if is_input else exchange.outcome.body
    row = _envelope(exchange, collection, source, len(payload))
    if collection in _PAYLOADS:
        route = {"path": exchange.call.path, "method": exchange.call.method} if is_input else {}
        return _with_payload(row | route, payload)
    scripted = "codeConfiguration" in exchange.deployment.body["properties"]
    if collection not in _FRAMES or scripted or exchange.outcome.code >= 400:
        return None
    frame = {"modelversion": "default", "collectdatatype": "pandas.core.frame.DataFrame"}
    return Collected(row | frame | {"data": _records(json.loads(payload))})


def _envelope(exchange: Exchange, collection: str, source: str, size: int) -> Json:
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": source,
        "type": f"azureml.inference.{collection}",
        "datacontenttype": "application/json",
        "time": f"{exchange.moment:%Y-%m-%dT%H:%M:%SZ}",
        "contentrange": f"bytes 0-{max(size - 1, 0)}/{size}",
        "correlationid": exchange.call.request_id,
        "xrequestid": exchange.call.request_id,
    }


def _with_payload(row: Json, payload: bytes) -> Collected:
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        text = None
    if text is None or len(payload) > LARGEST_IN_ROW:
        return Collected(row | {"datacontenttype": "application/octet-stream", "datainblob": "true"}, payload)
    try:
        return Collected(row | {"data": json.loads(text)})
    except ValueError:
        return Collected(row | {"datacontenttype": "text/plain", "data": text})


def _records(data: Any) -> Any:  # noqa: ANN401  # any JSON
    """Return inputs or predictions as the records of a data frame; an unnamed column is called 0, as in pandas."""
    if isinstance(data, dict) and "input_data" in data:
        data = data["input_data"]
    if isinstance(data, dict) and {"columns", "data"} <= set(data):
        return [dict(zip(data["columns"], row, strict=False)) for row in data["data"]]
    rows = data if isinstance(data, list) else [data]
    return [each if isinstance(each, dict) else {"0": each} for each in rows]
