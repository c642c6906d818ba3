"""What Azure's data collector writes of a request: one JSON object a line, with the fields that Azure documents. Pure.

`request` and `response` are the payloads of HTTP, whatever the container's status. `model_inputs` and `model_outputs`
come of a model that is served without a script, as MLflow's is, which Azure instruments itself: data frames, as lists
of records. What a script logs with Microsoft's package is not emulated, nor captured headers. Payloads above 4 MB, and
binary ones, are kept in a file of their own, to which the row points.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from emulator.resources import Deployment, Json
    from emulator.serving.call import Call
    from emulator.serving.outcome import Outcome

LARGEST_IN_ROW = 4 * 1024 * 1024
_PAYLOADS = ("request", "response")
_FRAMES = ("model_inputs", "model_outputs")
_DATED = {"minute": "%Y/%m/%d/%H/%M", "hour": "%Y/%m/%d/%H", "day": "%Y/%m/%d", "month": "%Y/%m", "year": "%Y"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that a deployment's container answered, and when."""

    deployment: Deployment
    call: Call
    outcome: Outcome
    moment: datetime


@dataclass(frozen=True, slots=True)
class Collected:
    """A row of one collection. apart: its payload, if that is kept in a file of its own, which is named as the row."""

    row: Json
    apart: bytes | None = None


def collector(deployment: Deployment) -> Json:
    """Return the deployment's `dataCollector`, empty if it has none."""
    return deployment.body["properties"].get("dataCollector") or {}


def dated(deployment: Deployment, moment: datetime) -> str:
    """Return the folder for rows of this moment, by the deployment's rolling rate."""
    return moment.strftime(_DATED[str(collector(deployment).get("rollingRate") or "hour").lower()])


def collected(exchange: Exchange, collection: str, source: str) -> Collected | None:
    """Return the row of an exchange in a collection, or None if it has none. source: the deployment's ARM id."""
    asks = collection in ("request", "model_inputs")
    payload = exchange.call.body if asks else exchange.outcome.body
    row = _envelope(exchange, collection, source, len(payload))
    if collection in _PAYLOADS:
        place = {"path": exchange.call.path, "method": exchange.call.method} if asks else {}
        return _with_payload(row | place, payload)
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
    """Return inputs or predictions as pandas writes a data frame; a column without a name is called 0."""
    if isinstance(data, dict) and "input_data" in data:
        data = data["input_data"]
    if isinstance(data, dict) and {"columns", "data"} <= set(data):
        return [dict(zip(data["columns"], row, strict=False)) for row in data["data"]]
    rows = data if isinstance(data, list) else [data]
    return [each if isinstance(each, dict) else {"0": each} for each in rows]
