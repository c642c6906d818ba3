"""Telemetry from platform metrics: counts by deployment and minute, percentiles if requested, mirrored requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.monitor.querymetrics import MetricsClient

from shared.adapters.metrics import PlatformMetrics, metrics_address
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
    batch,
    latencies,
    metric,
    requests,
    series,
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
    """Return the adapter for an endpoint without mirrored requests."""
    return PlatformMetrics(client, WORKSPACE)


def asked(azure: StandIn) -> list[dict[str, Any]]:
    """Return each request's parameters, with the resources in its body."""
    queries = [{name: value for name, [value] in parse_qs(urlsplit(each.url).query).items()} for each in azure.asked]
    return [query | {"resources": each.body["resourceids"]} for query, each in zip(queries, azure.asked, strict=True)]


def test_series_become_minutes_oldest_first(traffic: PlatformMetrics, azure: StandIn) -> None:
    """There is one row per deployment and minute with requests; points without a value, or with zero, give none."""
    azure.answer(
        answered(
            requests("200", {0: 5.0, 1: 6.0, 2: None, 3: 0.0}),
            requests("424", {1: 1.0}),
            requests("404", {1: 2.0}),
            requests("200", {1: 90.0}, "churn-6"),
        ),
        answered(),
    )
    assert traffic.minutes("churn", HOUR, None) == (
        DeploymentMinute("churn-7", TEN, 5, 0),
        DeploymentMinute("churn-6", TEN + MINUTE, 90, 0),
        DeploymentMinute("churn-7", TEN + MINUTE, 9, 1, client_errors=2),
    )


def test_what_the_model_refused_is_its_caller_s_mistake(traffic: PlatformMetrics, azure: StandIn) -> None:
    """Of seven 424s, three had the model's 422 and one its 500; the others have no model status and are failures."""

    def by_model(model: str, points: dict[int, float | None]) -> dict[str, Any]:
        return series(points, deployment="churn-7", statuscode="424", modelstatuscode=model)

    azure.answer(
        answered(requests("200", {0: 20.0}), requests("424", {0: 7.0, 1: 2.0})),
        answered(by_model("422", {0: 3.0}), by_model("500", {0: 1.0}), by_model("400", {1: 9.0})),
    )
    assert traffic.minutes("churn", HOUR, None) == (
        DeploymentMinute("churn-7", TEN, 27, 4, client_errors=3),
        DeploymentMinute("churn-7", TEN + MINUTE, 2, 0, client_errors=2),
    )
    assert asked(azure)[1]["filter"] == "deployment eq '*' and statusCode eq '*' and modelStatusCode eq '*'"


def test_an_overload_is_counted_as_one(traffic: PlatformMetrics, azure: StandIn) -> None:
    """408 and 429 are failures, and are distinguished from other failures."""
    azure.answer(answered(requests("408", {0: 2.0}), requests("429", {0: 3.0}), requests("503", {0: 4.0})))
    assert traffic.minutes("churn", HOUR, None) == (DeploymentMinute("churn-7", TEN, 9, 9, overloaded=5),)


def test_letter_case_makes_no_difference(traffic: PlatformMetrics, azure: StandIn) -> None:
    """Dimensions, their values, metric names and ids come in any letter case; two spellings of a name are one."""
    rows = (
        series({0: 3.0}, Deployment="Churn-7", StatusCode="200"),
        series({0: 4.0}, DEPLOYMENT="churn-7", statuscode="200"),
        series({0: 1.0}, deployment="churn-7", statusCode="5XX"),
    )
    azure.answer(batch(answer(metric("requestsperminute", *rows), resource=ENDPOINT.upper())))
    assert traffic.minutes("churn", HOUR, None) == (DeploymentMinute("churn-7", TEN, 8, 1),)


@pytest.mark.parametrize(("average", "total"), [(1.0, 1), (6.9999, 7), (41.2, 41), (0.2, 0)])
def test_an_average_is_rounded_to_a_count(traffic: PlatformMetrics, azure: StandIn, average: float, total: int) -> None:
    """Counts are whole numbers; less than half a request is none."""
    azure.answer(answered(requests("200", {0: average})))
    assert sum(row.total for row in traffic.minutes("churn", HOUR, None)) == total


def test_requests_that_reached_no_deployment_are_ignored(traffic: PlatformMetrics, azure: StandIn) -> None:
    """A wrong key says nothing about blue or green."""
    azure.answer(answered(requests("401", {0: 5.0}, ""), requests("200", {0: 1.0})))
    assert traffic.minutes("churn", HOUR, None) == (DeploymentMinute("churn-7", TEN, 1, 0),)


def test_minutes_outside_the_window_are_left_out(traffic: PlatformMetrics, azure: StandIn) -> None:
    """The service may return more minutes than requested."""
    azure.answer(answered(requests("200", {-1: 5.0, 0: 6.0, 59: 7.0, 60: 8.0})))
    assert [row.total for row in traffic.minutes("churn", HOUR, None)] == [6, 7]


def test_a_point_within_a_minute_belongs_to_that_minute(traffic: PlatformMetrics, azure: StandIn) -> None:
    """Times are rounded down to whole minutes."""
    [point] = series({0: 5.0})["data"]
    late = {**requests("200", {}), "data": [point | {"timeStamp": "2026-11-20T10:00:30.0000001+00:00"}]}
    azure.answer(answered(late))
    assert traffic.minutes("churn", HOUR, None) == (DeploymentMinute("churn-7", TEN, 5, 0),)


def test_no_requests_is_not_an_error(traffic: PlatformMetrics, azure: StandIn) -> None:
    """A quiet endpoint has no minutes, and latency is then not queried."""
    azure.answer(answered())
    assert traffic.minutes("churn", HOUR, HOUR) == ()
    assert len(azure.asked) == 1


def test_the_query_is_complete(traffic: PlatformMetrics, azure: StandIn) -> None:
    """It covers every deployment and status by minute, with far more than ten series, for a window in any time zone."""
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


def test_latency_is_read_as_percentiles_for_its_own_window(traffic: PlatformMetrics, azure: StandIn) -> None:
    """Minutes have milliseconds by percentile, or none outside the latency window."""
    percentiles = latencies({1: 20.0}, deployment="Churn-7")
    azure.answer(answered(requests("200", {0: 5.0, 1: 5.0})), batch(answer(*percentiles)))
    late = Window(TEN + MINUTE, HOUR.until)
    assert traffic.minutes("churn", HOUR, late) == (
        DeploymentMinute("churn-7", TEN, 5, 0),
        DeploymentMinute("churn-7", TEN + MINUTE, 5, 0, percentiles={50: 20.0, 90: 36.0, 95: 38.0, 99: 39.6}),
    )
    query = asked(azure)[1]
    assert query["metricnames"] == ",".join(f"RequestLatency_P{percent}" for percent in PERCENTS)
    assert (query["filter"], query["starttime"]) == ("deployment eq '*'", "2026-11-20T10:01:00.000Z")


def test_of_two_spellings_the_slower_one_counts(traffic: PlatformMetrics, azure: StandIn) -> None:
    """Percentiles of two series cannot be merged, and the better one must not hide the worse."""
    both = zip(latencies({0: 20.0}, deployment="CHURN-7"), latencies({0: 10.0}, deployment="churn-7"), strict=True)
    rows = [slow | {"timeseries": slow["timeseries"] + fast["timeseries"]} for slow, fast in both]
    azure.answer(answered(requests("200", {0: 5.0})), batch(answer(*rows)))
    [row] = traffic.minutes("churn", HOUR, HOUR)
    assert row.percentiles == {50: 20.0, 90: 36.0, 95: 38.0, 99: 39.6}


def test_a_minute_has_all_percentiles_or_none(traffic: PlatformMetrics, azure: StandIn) -> None:
    """If one percentile is late, none is used: an incomplete set would be judged differently."""
    three = latencies({0: 20.0}, 50, 90, 95, deployment="churn-7")
    azure.answer(answered(requests("200", {0: 5.0})), batch(answer(*three, metric("RequestLatency_P99"))))
    assert traffic.minutes("churn", HOUR, HOUR) == (DeploymentMinute("churn-7", TEN, 5, 0),)


def test_mirrored_requests_are_read_where_they_are_counted(client: MetricsClient, azure: StandIn) -> None:
    """A minute missing from the endpoint's metrics is read from the deployment's own; none is counted twice."""
    copied = PlatformMetrics(client, WORKSPACE, lambda endpoint: ["Churn-7"] if endpoint == "churn" else [])
    codes = [series({0: 4.0, 1: 4.0}, envoy_response_code="200"), series({0: 2.0}, envoy_response_code="500")]
    azure.answer(
        batch(answer(metric(REQUESTS, *codes), resource=GREEN)),
        batch(answer(*latencies({0: 10.0, 1: 10.0}), resource=GREEN)),
        answered(requests("200", {0: 90.0}, "churn-6"), requests("200", {1: 1.0})),
        batch(answer(*latencies({0: 20.0}, deployment="churn-6"))),
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


def test_an_empty_window_is_not_queried(traffic: PlatformMetrics, azure: StandIn) -> None:
    """There cannot be any data in it."""
    assert traffic.minutes("churn", Window(TEN, TEN), Window(TEN, TEN)) == ()
    assert azure.asked == []


@pytest.mark.parametrize("name", ["", "churn' or", "churn/deployments/x", "-churn", "churn-", "7", "a" * 33, "chürn"])
def test_an_invalid_endpoint_name_is_never_queried(traffic: PlatformMetrics, azure: StandIn, name: str) -> None:
    """A caller's input does not reach the query."""
    with pytest.raises(Permanent, match="not a valid name"):
        traffic.minutes(name, HOUR, None)
    assert azure.asked == []


@pytest.mark.parametrize("workspace", ["", "churn-ws", "/a/b", "/subscriptions/x/y\n", "/subscriptions/x' eq"])
def test_an_invalid_workspace_id_fails_at_startup(client: MetricsClient, workspace: str) -> None:
    """Settings are validated before any query."""
    with pytest.raises(Misconfigured):
        PlatformMetrics(client, workspace)


@pytest.mark.parametrize(("region", "host"), [("westeurope", "westeurope"), ("East US 2", "eastus2")])
def test_the_address_follows_from_the_region(region: str, host: str) -> None:
    """Both a region's name and its display name are accepted."""
    assert metrics_address(region) == f"https://{host}.metrics.monitor.azure.com"


@pytest.mark.parametrize("region", ["", "evil.example/", "west.europe", "7", "a" * 50])
def test_an_invalid_region_gets_no_token(region: str) -> None:
    """The region becomes part of a host name that a token is sent to."""
    with pytest.raises(Misconfigured, match="not a valid Azure region name"):
        metrics_address(region)


def test_metrics_cannot_count_retries_once(traffic: PlatformMetrics, azure: StandIn) -> None:
    """Metrics do not identify single requests, so this is refused without a query."""
    with pytest.raises(Permanent, match="do not identify single requests"):
        traffic.minutes("churn", HOUR, None, once=True)
    assert azure.asked == []
