"""One query to Azure Monitor's metrics, and the validation of its answer. No value is guessed.

The service answers many failures with 200 and fewer series, and Microsoft's client drops the error code. So the code is
read here, and anything but a complete answer raises Temporary. A missing series remains ambiguous: it had no requests,
or they have not arrived yet.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from azure.core.pipeline import PipelineResponse
from azure.monitor.querymetrics import Metric, MetricsClient, MetricsQueryResult, TimeSeriesElement

from shared.adapters.faults import azure_faults
from shared.core.telemetry import Window
from shared.errors import Temporary

MINUTE = timedelta(minutes=1)
# Without this limit the service returns the ten largest series and silently drops the rest.
MOST_SERIES = 1000

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A query for averages per minute of these metrics. split: the dimensions to split each by, possibly none."""

    namespace: str
    resources: tuple[str, ...]
    names: tuple[str, ...]
    split: tuple[str, ...] = ()

    @property
    def filter(self) -> str | None:
        """The filter that selects every value of every split dimension."""
        return " and ".join(f"{dimension} eq '*'" for dimension in self.split) or None


@dataclass(frozen=True, slots=True)
class Series:
    """One series of the answer, for one of the queried resources.

    dimensions: values by name, all in lower case. averages: by minute, for minutes with a value.
    """

    resource: str
    metric: str
    dimensions: Mapping[str, str]
    averages: Mapping[datetime, float]


def ask(client: MetricsClient, question: Question, window: Window, doing: str) -> tuple[Series, ...]:
    """Return every series with values in the window. `doing` completes "cannot ...".

    Raises Temporary if the answer is incomplete, truncated or does not match the query; Permanent if it is rejected.
    """
    if not question.resources or window.since >= window.until:
        return ()
    documents: list[Json] = []

    def keep(response: PipelineResponse[Any, Any]) -> None:
        if response.http_response.status_code == 200:
            documents[:] = _documents(response.http_response.text())

    with azure_faults(doing):
        results = client.query_resources(
            resource_ids=question.resources,
            metric_namespace=question.namespace,
            metric_names=question.names,
            timespan=(window.since.astimezone(UTC), window.until.astimezone(UTC)),
            granularity=MINUTE,
            aggregations=["Average"],
            max_results=MOST_SERIES if question.split else None,
            filter=question.filter,
            raw_response_hook=keep,
        )
        _check(question, documents, results)
        answers = zip(question.resources, results, strict=True)
        return tuple(chain.from_iterable(_series(resource, each, question, window) for resource, each in answers))


def _documents(text: str) -> list[Json]:
    """Return the raw answers, one for each resource."""
    body = json.loads(text)
    # Like Microsoft's client, accept answers that are JSON within JSON.
    return list((json.loads(body) if isinstance(body, str) else body)["values"])


def _check(question: Question, documents: Sequence[Json], results: Sequence[MetricsQueryResult]) -> None:
    """Raise Temporary unless each resource has its own complete answer, in the order of the query."""
    if not len(documents) == len(results) == len(question.resources):
        raise Temporary(f"metrics of {len(question.resources)} resources were requested, {len(documents)} returned")
    for resource, document in zip(question.resources, documents, strict=True):
        answered = str(document.get("resourceid") or resource)
        if answered.lower() != resource.lower():
            raise Temporary(f"metrics of {resource} were requested, and those of {answered} returned")
        for metric in document["value"]:
            if (metric.get("errorCode") or "Success").lower() != "success":
                words = f"{metric['errorCode']} {metric.get('errorMessage') or ''}".rstrip()
                raise Temporary(f"the metric {metric['name']['value']} of {resource} is not available: {words}")
    for result in results:
        if result.granularity not in {None, MINUTE}:
            raise Temporary(f"metrics were requested by minute, and returned by {result.granularity}")


def _series(resource: str, result: MetricsQueryResult, question: Question, window: Window) -> Iterator[Series]:
    found = {str(metric.name).lower(): metric for metric in result.metrics}
    for name in question.names:
        if name.lower() not in found:
            raise Temporary(f"the metric {name} of {resource} is missing in the answer")
        for series in _uncut(found[name.lower()], resource):
            dimensions = {key.lower(): str(value or "").lower() for key, value in series.metadata_values.items()}
            lacking = [each for each in question.split if each.lower() not in dimensions]
            if lacking:
                raise Temporary(f"a series of the metric {name} of {resource} does not say its {lacking[0]}")
            yield Series(resource, name, dimensions, _averages(series, window, f"the metric {name} of {resource}"))


def _uncut(metric: Metric, resource: str) -> Iterable[TimeSeriesElement]:
    if len(metric.timeseries) >= MOST_SERIES:
        raise Temporary(f"the metric {metric.name} of {resource} has {MOST_SERIES} series or more: the rest is cut")
    return metric.timeseries


def _averages(series: TimeSeriesElement, window: Window, whose: str) -> dict[datetime, float]:
    """Return the values of the window's minutes; a minute without a value had no requests."""
    averages: dict[datetime, float] = {}
    for point in series.data:
        minute = point.timestamp.astimezone(UTC).replace(second=0, microsecond=0)
        if point.average is None or not window.since <= minute < window.until:
            continue
        if minute in averages:
            raise Temporary(f"{whose} has two values for {minute:%H:%M}")
        if not math.isfinite(point.average) or point.average < 0:
            raise Temporary(f"{whose} has the value {point.average} at {minute:%H:%M}")
        averages[minute] = float(point.average)
    return averages
