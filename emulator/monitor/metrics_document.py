"""The answer to a metrics request as JSON, one document for each resource. It decides nothing.

Azure writes the names of dimensions in lower case, and a minute without requests as a point without a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from emulator.monitor.metrics_definitions import DEFINITIONS
from emulator.monitor.metrics_question import MINUTE, Question
from emulator.monitor.metrics_series import Counted, Target, series
from emulator.resources import Json


@dataclass(frozen=True, slots=True)
class Resource:
    """An ARM id as it was given, and what it is the id of."""

    id: str
    target: Target


def document(question: Question, resource: Resource, counted: Counted, region: str) -> Json:
    """Return the answer for one resource."""
    return {
        "starttime": _time(question.start),
        "endtime": _time(question.end),
        "interval": "PT1M",
        "namespace": question.namespace,
        "resourceregion": region,
        "resourceid": resource.id,
        "value": [_metric(name, question, resource, counted) for name in question.names],
    }


def untold(answer: Json) -> Json:
    """Return the answer as it is when the metrics cannot be told: with 200, and no series, and the reason beside it."""
    lost = {"errorCode": "InternalServerError", "errorMessage": "The metric could not be read.", "timeseries": []}
    return answer | {"value": [metric | lost for metric in answer["value"]]}


def _metric(name: str, question: Question, resource: Resource, counted: Counted) -> Json:
    found = series(name, question, counted, resource.target)
    return {
        "id": f"{resource.id}/providers/Microsoft.Insights/metrics/{name}",
        "type": "Microsoft.Insights/metrics",
        "name": _text(name),
        "displayDescription": name,
        "errorCode": "Success",
        "unit": DEFINITIONS[question.namespace][name].unit,
        "timeseries": [
            {"metadatavalues": list(_metadata(question, split)), "data": list(_points(question, averages))}
            for split, averages in found.items()
        ],
    }


def _metadata(question: Question, split: tuple[str, ...]) -> Iterator[Json]:
    for name, value in zip(question.split, split, strict=True):
        yield {"name": _text(name.lower()), "value": value}


def _points(question: Question, averages: Mapping[datetime, float]) -> Iterator[Json]:
    minute = question.start
    while minute < question.end:
        point: Json = {"timeStamp": _time(minute)}
        yield point | {"average": averages[minute]} if minute in averages else point
        minute += MINUTE


def _text(value: str) -> Json:
    return {"value": value, "localizedValue": value}


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
