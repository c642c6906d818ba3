"""Platform metrics, queried with the real MetricsClient: what is counted where, and how answers are limited."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.emulator.loop import Loop
from tests.emulator.metrics_service import (
    DEPLOYMENTS,
    HOUR,
    MINUTE,
    NOON,
    MetricsService,
    Points,
    deployment_id,
    endpoint_id,
    running_service,
    values,
)

CODES = {"blue": {200: 3, 424: 1}, "green": {200: 2, 404: 1, 503: 1}}


@pytest.fixture
def quiet(loop: Loop) -> Iterator[MetricsService]:
    """Return a service that has not counted anything."""
    with running_service(loop) as running:
        yield running


@pytest.fixture
def busy(quiet: MetricsService) -> MetricsService:
    """Return a service with eight requests at noon, and one more to blue at 12:02."""
    for deployment, codes in CODES.items():
        for code, times in codes.items():
            quiet.record(deployment, code, times=times)
    quiet.record("blue", minute=2)
    return quiet


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, {"": {0: 8.0, 2: 1.0}}),
        ("deployment eq '*'", {"blue": {0: 4.0, 2: 1.0}, "green": {0: 4.0}}),
        ("Deployment EQ 'green'", {"green": {0: 4.0}}),
        ("deployment eq 'red'", {}),
        (
            "deployment eq '*' and statusCode eq '*'",
            {
                "blue 200": {0: 3.0, 2: 1.0},
                "blue 424": {0: 1.0},
                "green 200": {0: 2.0},
                "green 404": {0: 1.0},
                "green 503": {0: 1.0},
            },
        ),
        ("statusCode eq '404' or statusCode eq '503'", {"404": {0: 1.0}, "503": {0: 1.0}}),
        (
            "deployment eq 'blue' or deployment eq 'green' and statusCode eq '200'",
            {"blue 200": {0: 3.0, 2: 1.0}, "green 200": {0: 2.0}},
        ),
        ("statusCodeClass eq '*'", {"2xx": {0: 5.0, 2: 1.0}, "4xx": {0: 2.0}, "5xx": {0: 1.0}}),
    ],
)
def test_requests_are_split_by_the_dimensions_of_the_filter(
    busy: MetricsService, condition: str | None, expected: Points
) -> None:
    """The average of a minute is its number of requests; a minute without requests has no value rather than zero."""
    assert busy.points("RequestsPerMinute", filter=condition) == expected


def test_the_model_s_own_status_is_a_dimension(quiet: MetricsService) -> None:
    """The dimension is the container's status, or empty if the request did not reach a container."""
    quiet.record("blue", 424, model_code=500)
    quiet.record("blue", 429, model_code=None)
    assert quiet.points("RequestsPerMinute", filter="modelStatusCode eq '*'") == {"": {0: 1.0}, "500": {0: 1.0}}


def test_an_answer_has_azure_s_form(busy: MetricsService) -> None:
    """A point for every minute, names of dimensions in lower case, aware times, and the unit."""
    [answer] = busy.ask("RequestsPerMinute", filter="statusCode eq '404'")
    [series] = answer.metrics[0].timeseries
    assert series.metadata_values == {"statuscode": "404"}
    assert [point.timestamp for point in series.data] == [NOON + number * MINUTE for number in range(60)]
    assert (series.data[1].average, answer.metrics[0].unit) == (None, "Count")
    assert (answer.granularity, answer.resource_region) == (MINUTE, "westeurope")


def test_an_endpoint_without_traffic_has_no_series(quiet: MetricsService) -> None:
    """No requests give an empty answer."""
    assert quiet.points("RequestsPerMinute", filter="deployment eq '*'") == {}


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ({"filter": "statusCode eq '*'"}, 10),
        ({"filter": "statusCode eq '*'", "max_results": 3}, 3),
        ({"filter": "statusCode eq '*'", "max_results": 1000}, 12),
        ({}, 1),
    ],
)
def test_a_filter_returns_ten_series_by_default(quiet: MetricsService, more: dict[str, Any], count: int) -> None:
    """The others are silently left out, the smallest first."""
    for number in range(12):
        quiet.record("blue", 400 + number, times=1 + number)
    found = quiet.points("RequestsPerMinute", **more)
    assert len(found) == count
    assert max(point for each in found.values() for point in each.values()) == (12.0 if more else 78.0)


@pytest.mark.parametrize(
    ("metric", "condition", "expected"),
    [
        ("RequestLatency_P50", "deployment eq '*'", {"blue": {0: 50.0}, "green": {0: 7.0}}),
        ("RequestLatency_P90", "deployment eq '*'", {"blue": {0: 90.0}, "green": {0: 7.0}}),
        ("RequestLatency_P95", "deployment eq 'blue'", {"blue": {0: 95.0}}),
        ("RequestLatency_P99", None, {"": {0: 99.0}}),
        ("RequestLatency", "deployment eq 'blue'", {"blue": {0: 50.5}}),
    ],
)
def test_latency(quiet: MetricsService, metric: str, condition: str | None, expected: Points) -> None:
    """The percentiles and the average of a minute's latency, in milliseconds."""
    for milliseconds in range(1, 101):
        quiet.record("blue", total_ms=milliseconds)
    quiet.record("green", total_ms=7)
    assert quiet.points(metric, filter=condition) == expected


def test_mirrored_requests_count_for_the_deployment_only(busy: MetricsService) -> None:
    """They appear in the metrics of the deployment that got them, but not in those of the endpoint."""
    busy.record("green", 500, times=5, mirrored=True)
    assert busy.points("RequestsPerMinute", filter="deployment eq 'green'") == {"green": {0: 4.0}}
    of_green = {"of": (deployment_id("green"),), "metric_namespace": DEPLOYMENTS}
    assert busy.points("RequestsPerMinute", **of_green) == {"": {0: 9.0}}
    by_code = busy.points("RequestsPerMinute", filter="envoy_response_code eq '*'", **of_green)
    assert by_code == {"200": {0: 2.0}, "404": {0: 1.0}, "500": {0: 5.0}, "503": {0: 1.0}}
    assert busy.points("RequestLatency_P50", **of_green) == {"": {0: 10.0}}


def test_several_resources_are_answered_in_order(busy: MetricsService) -> None:
    """There is one answer for each id, with only its own requests."""
    busy.record("blue", endpoint="other", times=9)
    ids = (endpoint_id("other"), endpoint_id("Churn"))
    answers = busy.ask("RequestsPerMinute", "RequestLatency", of=ids)
    sums = [values(answer.metrics[0].timeseries[0]) for answer in answers]
    assert sums == [{0: 9.0}, {0: 8.0, 2: 1.0}]
    assert [metric.name for metric in answers[0].metrics] == ["RequestsPerMinute", "RequestLatency"]


@pytest.mark.parametrize(
    ("timespan", "minutes"),
    [
        (HOUR, [0, 2]),
        ((NOON + MINUTE, timedelta(minutes=5)), [2]),
        ((NOON, NOON + 2 * MINUTE), [0]),
        ((NOON + timedelta(seconds=59), NOON + MINUTE), [0]),
        (None, [0, 2]),
    ],
)
def test_the_timespan_starts_with_a_whole_minute_and_excludes_its_end(
    busy: MetricsService, timespan: object, minutes: list[int]
) -> None:
    """Without a timespan, the last hour is returned."""
    assert list(busy.points("RequestsPerMinute", timespan=timespan)[""]) == minutes


def test_a_request_is_counted_after_the_lag(loop: Loop) -> None:
    """At one o'clock, with a lag of ten minutes, only requests until 12:50 are counted."""
    with running_service(loop, lag=600.0) as late:
        late.record("blue", minute=49)
        late.record("blue", minute=50)
        assert late.points("RequestsPerMinute") == {"": {49: 1.0}}
