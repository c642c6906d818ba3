"""Telemetry from platform metrics: counts by deployment and minute, percentiles where asked, copies where they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.monitor.querymetrics import MetricsClient

from shared.adapters.metrics import PlatformMetrics, kind, metrics_address
from shared.core.observation import DeploymentMinute
from shared.core.telemetry import Window
from shared.errors import Misconfigured, Permanent
from tests.adapters.arm_documents import WORKSPACE
from tests.adapters.metrics_answers import (
    ENDPOINT,
    PERCENTS,
    REQUESTS,
    TEN,
    answer,
    answered,
    latencies,
    metric,
    requests,
    series,
    told,
)
from tests.adapters.stand_in import Credential, StandIn

MINUTE = timedelta(minutes=1)
HOUR = Window(TEN, TEN + 60 * MINUTE)
GREEN = f"{ENDPOINT}/deployments/churn-7"


@pytest.fixture
def client() -> Iterator[MetricsClient]:
    """Return Microsoft's client, built as for the app."""
    with MetricsClient(metrics_address("westeurope"), Credential(), retry_total=1, retry_status=0) as made:
        yield made


@pytest.fixture
def traffic(client: MetricsClient) -> PlatformMetrics:
    """Return the adapter for an endpoint without copies."""
    return PlatformMetrics(client, WORKSPACE)


def asked(azure: StandIn) -> list[dict[str, Any]]:
    """Return each request's parameters, with the resources of its body."""
    queries = [{name: value for name, [value] in parse_qs(urlsplit(each.url).query).items()} for each in azure.asked]
    return [query | {"resources": each.body["resourceids"]} for query, each in zip(queries, azure.asked, strict=True)]


def test_series_become_minutes_oldest_first(traffic: PlatformMetrics, azure: StandIn) -> None:
    """One entry per deployment and minute that had requests; a point without a value, or of nought, is none."""
    azure.answer(
        answered(
            requests("200", {0: 5.0, 1: 6.0, 2: None, 3: 0.0}),
            requests("424", {1: 1.0}),
            requests("404", {1: 2.0}),
            requests("200", {1: 90.0}, "churn-6"),
        )
    )
    assert traffic.minutes("churn", HOUR, None) == (
        DeploymentMinute("churn-7", TEN, 5, 0),
        DeploymentMinute("churn-6", TEN + MINUTE, 90, 0),
        DeploymentMinute("churn-7", TEN + MINUTE, 9, 1, client_errors=2),
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *[(status, "good") for status in ("200", "204", "302", "100", "2xx", "3xx")],
        *[(status, "client_error") for status in ("400", "401", "404", "413", "499")],
        *[(status, "bad") for status in ("408", "424", "429", "500", "502", "503", "504", "599", "5xx")],
        *[(status, "bad") for status in ("4xx", "0", "", "unknown", "none", "20", "2000", "600", "-200", "200\n")],
    ],
)
def test_what_is_not_known_to_be_good_is_not_good(status: str, expected: str) -> None:
    """Ours are 5xx, 408, 424 and 429; the caller's the other 4xx; a status that says nothing counts against us."""
    assert kind(status) == expected


def test_spellings_of_azure_make_no_difference(traffic: PlatformMetrics, azure: StandIn) -> None:
    """Names and values of dimensions, names of metrics and ids come in any letter case; two spellings are one."""
    rows = (
        series({0: 3.0}, Deployment="Churn-7", StatusCode="200"),
        series({0: 4.0}, DEPLOYMENT="churn-7", statuscode="200"),
        series({0: 1.0}, deployment="churn-7", statusCode="5XX"),
    )
    azure.answer(told(answer(metric("requestsperminute", *rows), resource=ENDPOINT.upper())))
    assert traffic.minutes("churn", HOUR, None) == (DeploymentMinute("churn-7", TEN, 8, 1),)


@pytest.mark.parametrize(("average", "total"), [(1.0, 1), (6.9999, 7), (41.2, 41), (0.2, 0)])
def test_an_average_is_rounded_to_a_count(traffic: PlatformMetrics, azure: StandIn, average: float, total: int) -> None:
    """Requests are whole; less than half of one is none."""
    azure.answer(answered(requests("200", {0: average})))
    assert sum(row.total for row in traffic.minutes("churn", HOUR, None)) == total


def test_what_reached_no_deployment_is_nobody_s(traffic: PlatformMetrics, azure: StandIn) -> None:
    """A wrong key says nothing of blue or green."""
    azure.answer(answered(requests("401", {0: 5.0}, ""), requests("200", {0: 1.0})))
    assert traffic.minutes("churn", HOUR, None) == (DeploymentMinute("churn-7", TEN, 1, 0),)


def test_minutes_outside_the_window_are_left_out(traffic: PlatformMetrics, azure: StandIn) -> None:
    """The service may answer for more than it was asked."""
    azure.answer(answered(requests("200", {-1: 5.0, 0: 6.0, 59: 7.0, 60: 8.0})))
    assert [row.total for row in traffic.minutes("churn", HOUR, None)] == [6, 7]


def test_a_point_within_a_minute_is_that_minute_s(traffic: PlatformMetrics, azure: StandIn) -> None:
    """Minutes are whole, however the service writes their time."""
    [point] = series({0: 5.0})["data"]
    late = {**requests("200", {}), "data": [point | {"timeStamp": "2026-11-20T10:00:30.0000001+00:00"}]}
    azure.answer(answered(late))
    assert traffic.minutes("churn", HOUR, None) == (DeploymentMinute("churn-7", TEN, 5, 0),)


def test_no_requests_is_an_answer(traffic: PlatformMetrics, azure: StandIn) -> None:
    """A quiet endpoint has no minutes, which is not a fault; nobody then asks how slow they were."""
    azure.answer(answered())
    assert traffic.minutes("churn", HOUR, HOUR) == ()
    assert len(azure.asked) == 1


def test_the_question_is_whole(traffic: PlatformMetrics, azure: StandIn) -> None:
    """Every deployment and status, by minute, far more than ten series; whatever zone the window was given in."""
    azure.answer(answered())
    berlin = timezone(timedelta(hours=1))
    traffic.minutes("Churn", Window(HOUR.since.astimezone(berlin), HOUR.until.astimezone(berlin)), None)
    assert azure.asked[0].url.startswith(
        f"https://westeurope.metrics.monitor.azure.com/subscriptions/{WORKSPACE.split('/')[2]}/metrics:getBatch?"
    )
    assert asked(azure) == [
        {
            "api-version": "2024-02-01",
            "metricnamespace": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
            "metricnames": REQUESTS,
            "starttime": "2026-11-20T10:00:00.000Z",
            "endtime": "2026-11-20T11:00:00.000Z",
            "interval": "PT1M",
            "aggregation": "Average",
            "filter": "deployment eq '*' and statusCode eq '*'",
            "top": "1000",
            "resources": [f"{WORKSPACE}/onlineEndpoints/Churn"],
        }
    ]


def test_latency_is_percentiles_of_the_minutes_asked_for(traffic: PlatformMetrics, azure: StandIn) -> None:
    """TelemetryQuery for their own window; milliseconds by per cent; minutes without them have none."""
    percentiles = latencies({1: 20.0}, deployment="Churn-7")
    azure.answer(answered(requests("200", {0: 5.0, 1: 5.0})), told(answer(*percentiles)))
    late = Window(TEN + MINUTE, HOUR.until)
    assert traffic.minutes("churn", HOUR, late) == (
        DeploymentMinute("churn-7", TEN, 5, 0),
        DeploymentMinute("churn-7", TEN + MINUTE, 5, 0, percentiles={50: 20.0, 90: 36.0, 95: 38.0, 99: 39.6}),
    )
    query = asked(azure)[1]
    assert query["metricnames"] == ",".join(f"RequestLatency_P{percent}" for percent in PERCENTS)
    assert (query["filter"], query["starttime"]) == ("deployment eq '*'", "2026-11-20T10:01:00.000Z")


def test_of_two_spellings_the_slower_one_stands(traffic: PlatformMetrics, azure: StandIn) -> None:
    """Percentiles of two series cannot be put together, and the better half must not hide the worse."""
    both = zip(latencies({0: 20.0}, deployment="CHURN-7"), latencies({0: 10.0}, deployment="churn-7"), strict=True)
    rows = [slow | {"timeseries": slow["timeseries"] + fast["timeseries"]} for slow, fast in both]
    azure.answer(answered(requests("200", {0: 5.0})), told(answer(*rows)))
    [row] = traffic.minutes("churn", HOUR, HOUR)
    assert row.percentiles == {50: 20.0, 90: 36.0, 95: 38.0, 99: 39.6}


def test_a_minute_has_all_percentiles_or_none(traffic: PlatformMetrics, azure: StandIn) -> None:
    """One that is late is waited for by nobody: the ladder without a rung would be another ladder."""
    three = latencies({0: 20.0}, 50, 90, 95, deployment="churn-7")
    azure.answer(answered(requests("200", {0: 5.0})), told(answer(*three, metric("RequestLatency_P99"))))
    assert traffic.minutes("churn", HOUR, HOUR) == (DeploymentMinute("churn-7", TEN, 5, 0),)


def test_copies_are_read_where_they_are_counted(client: MetricsClient, azure: StandIn) -> None:
    """A minute unknown to the endpoint's metrics is taken from the deployment's own; none is counted twice."""
    copied = PlatformMetrics(client, WORKSPACE, lambda endpoint: ["Churn-7"] if endpoint == "churn" else [])
    codes = [series({0: 4.0, 1: 4.0}, envoy_response_code="200"), series({0: 2.0}, envoy_response_code="500")]
    azure.answer(
        told(answer(metric(REQUESTS, *codes), resource=GREEN)),
        told(answer(*latencies({0: 10.0, 1: 10.0}), resource=GREEN)),
        answered(requests("200", {0: 90.0}, "churn-6"), requests("200", {1: 1.0})),
        told(answer(*latencies({0: 20.0}, deployment="churn-6"))),
    )
    slow, fast = ({percent: base * percent for percent in PERCENTS} for base in (0.4, 0.2))
    assert copied.minutes("churn", HOUR, HOUR) == (
        DeploymentMinute("churn-6", TEN, 90, 0, percentiles=slow),
        DeploymentMinute("churn-7", TEN, 6, 2, percentiles=fast),
        DeploymentMinute("churn-7", TEN + MINUTE, 1, 0),
    )
    of_green = asked(azure)[0]
    assert (of_green["resources"], of_green["filter"]) == ([GREEN], "envoy_response_code eq '*'")
    assert of_green["metricnamespace"].endswith("/onlineEndpoints/deployments")
    assert "filter" not in asked(azure)[1]


def test_an_empty_window_is_not_asked_for(traffic: PlatformMetrics, azure: StandIn) -> None:
    """Nothing can have happened in no time."""
    assert traffic.minutes("churn", Window(TEN, TEN), Window(TEN, TEN)) == ()
    assert azure.asked == []


@pytest.mark.parametrize("name", ["", "churn' or", "churn/deployments/x", "-churn", "churn-", "7", "a" * 33, "chürn"])
def test_a_name_that_no_endpoint_can_have_is_never_asked_for(
    traffic: PlatformMetrics, azure: StandIn, name: str
) -> None:
    """What a caller sends does not reach the query."""
    with pytest.raises(Permanent, match="not a valid name"):
        traffic.minutes(name, HOUR, None)
    assert azure.asked == []


@pytest.mark.parametrize("workspace", ["", "churn-ws", "/a/b", "/subscriptions/x/y\n", "/subscriptions/x' eq"])
def test_a_workspace_that_is_no_arm_id_stops_the_start(client: MetricsClient, workspace: str) -> None:
    """Settings are checked before anything is asked."""
    with pytest.raises(Misconfigured):
        PlatformMetrics(client, workspace)


@pytest.mark.parametrize(("region", "host"), [("westeurope", "westeurope"), ("East US 2", "eastus2")])
def test_every_region_has_its_address(region: str, host: str) -> None:
    """A region's name or the words that people call it by."""
    assert metrics_address(region) == f"https://{host}.metrics.monitor.azure.com"


@pytest.mark.parametrize("region", ["", "evil.example/", "west.europe", "7", "a" * 50])
def test_what_is_no_region_gets_no_token(region: str) -> None:
    """The region stands in a host name that a token is sent to."""
    with pytest.raises(Misconfigured, match="not a valid Azure region name"):
        metrics_address(region)


def test_metrics_cannot_count_tries_once(traffic: PlatformMetrics, azure: StandIn) -> None:
    """Metrics do not identify single requests: that is refused, and nothing is queried."""
    with pytest.raises(Permanent, match="do not identify single requests"):
        traffic.minutes("churn", HOUR, None, once=True)
    assert azure.asked == []
