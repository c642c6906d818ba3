"""The answer to a metrics query as JSON, one document per resource. Pure.

As in Azure, names of dimensions are in lower case, and a minute without requests is a point without a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from emulator.monitor.metrics_definitions import DEFINITIONS
from emulator.monitor.metrics_query import MINUTE, MetricsQuery
from emulator.monitor.metrics_series import Counts, Target, series
from emulator.resources import Json


@dataclass(frozen=True, slots=True)
class Resource:
    """An ARM id as it was given, and the endpoint or deployment that it identifies."""

    id: str
    target: Target


def document(query: MetricsQuery, resource: Resource, counts: Counts, region: str) -> Json:
    """Return the answer for one resource."""
    return {
        "starttime": _time(query.start),
        "endtime": _time(query.end),
        "interval": "PT1M",
        "namespace": query.namespace,
        "resourceregion": region,
        "resourceid": resource.id,
        "value": [_metric(name, query, resource, counts) for name in query.names],
    }


def without_series(answer: Json) -> Json:
    """Return the answer for metrics that cannot be read: without series, and with an error code."""
    error = {"errorCode": "InternalServerError", "errorMessage": "The metric could not be read.", "timeseries": []}
    return answer | {"value": [metric | error for metric in answer["value"]]}


def _metric(name: str, query: MetricsQuery, resource: Resource, counts: Counts) -> Json:
    found = series(name, query, counts, resource.target)
    return {
        "id": f"{resource.id}/providers/Microsoft.Insights/metrics/{name}",
        "type": "Microsoft.Insights/metrics",
        "name": _text(name),
        "displayDescription": name,
        "errorCode": "Success",
        "unit": DEFINITIONS[query.namespace][name].unit,
        "timeseries": [
            {"metadatavalues": list(_metadata(query, split)), "data": list(_points(query, averages))}
            for split, averages in found.items()
        ],
    }


def _metadata(query: MetricsQuery, split: tuple[str, ...]) -> Iterator[Json]:
    for name, value in zip(query.split, split, strict=True):
        yield {"name": _text(name.lower()), "value": value}


def _points(query: MetricsQuery, averages: Mapping[datetime, float]) -> Iterator[Json]:
    minute = query.start
    while minute < query.end:
        point: Json = {"timeStamp": _time(minute)}
        yield point | {"average": averages[minute]} if minute in averages else point
        minute += MINUTE


def _text(value: str) -> Json:
    return {"value": value, "localizedValue": value}


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
