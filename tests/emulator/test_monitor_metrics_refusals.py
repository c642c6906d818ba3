"""What the metrics service rejects, and with which message: a rejection must not look like a lack of traffic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import PipelineResponse
from azure.monitor.querymetrics import MetricsClient

from tests.emulator.credential import FixedCredential
from tests.emulator.loop import running_loop
from tests.emulator.metrics_service import (
    DEPLOYMENTS,
    ENDPOINTS,
    HOUR,
    NOON,
    TOKEN,
    WORKSPACE,
    MetricsService,
    deployment_id,
    endpoint_id,
    running_service,
)

ALL = "deployment eq '*'"


@pytest.fixture(scope="module")
def service() -> Iterator[MetricsService]:
    """Return a running service, which no test changes."""
    with running_loop() as loop, running_service(loop) as running:
        yield running


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [
        ({"metric_namespace": "Microsoft.Compute/virtualMachines"}, 501, "Microsoft.Compute/virtualMachines"),
        ({"names": ["RequestsPerSecond"]}, 400, "RequestsPerSecond"),
        ({"names": ["NetworkBytes"]}, 501, "NetworkBytes"),
        ({"names": ["RequestLatency"] * 21}, 400, "At most 20"),
        ({"metric_namespace": DEPLOYMENTS}, 400, "is not of the type"),
        ({"of": (deployment_id("blue"),)}, 400, "is not of the type"),
        ({"of": (endpoint_id("nothing"),)}, 404, "onlineEndpoints/nothing"),
        ({"of": (deployment_id("red"),), "metric_namespace": DEPLOYMENTS}, 404, "churn/red"),
        ({"of": (endpoint_id().replace("/ws/", "/another/"),)}, 404, "another"),
        ({"of": (endpoint_id(),) * 51}, 400, "1 to 50"),
        ({"of": (endpoint_id().replace("0001", "0002"),)}, 403, "0002"),
        ({"filter": "colour eq '*'"}, 400, "colour"),
        ({"filter": "statusCode eq '*'", "names": ["RequestLatency_P50"]}, 400, "does not have the dimension"),
        ({"filter": "deployment ne 'blue'"}, 501, "operator ne"),
        ({"filter": "deployment = 'blue'"}, 400, "cannot be parsed"),
        ({"filter": "deployment eq blue"}, 400, "cannot be parsed"),
        ({"filter": "deployment gt 'blue'"}, 400, "operator 'gt'"),
        ({"filter": f"{ALL} or statusCode eq '*'"}, 400, "'or' must separate"),
        ({"filter": "deployment eq 'a' and deployment eq 'b'"}, 400, "'or' must separate"),
        ({"filter": f"{ALL} statusCode eq '*'"}, 400, "cannot be parsed"),
        ({"filter": f"{ALL} and"}, 400, "cannot be parsed"),
        ({"filter": f"and {ALL}"}, 400, "cannot be parsed"),
        ({"max_results": 5}, 400, "only with a filter"),
        ({"filter": ALL, "max_results": 0}, 400, "positive whole number"),
        ({"order_by": "average desc", "filter": ALL}, 501, "orderby"),
        ({"roll_up_by": "deployment", "filter": ALL}, 501, "rollupby"),
        ({"granularity": HOUR[1] - HOUR[0]}, 501, "PT1H"),
        ({"aggregations": ["Total"]}, 501, "Total"),
        ({"aggregations": ["Median"]}, 400, "Median"),
        ({"timespan": (NOON, NOON)}, 400, "must be after"),
        ({"timespan": (NOON.replace(year=2025), NOON)}, 400, "93 days"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(
    service: MetricsService, more: dict[str, Any], status: int, message: str
) -> None:
    """Invalid queries give a 400, and what the emulator lacks a 501: never an empty series."""
    names = more.get("names", ["RequestsPerMinute"])
    with pytest.raises(HttpResponseError) as refused:
        service.ask(*names, **{name: value for name, value in more.items() if name != "names"})
    assert refused.value.status_code == status
    assert message in str(refused.value)


def test_a_bad_token_is_refused(service: MetricsService) -> None:
    """A token that was not issued for metrics gives a 401."""
    with MetricsClient(service.url, FixedCredential("another token"), retry_total=0) as client:
        other = replace(service, client=client)
        with pytest.raises(HttpResponseError) as refused:
            other.ask("RequestsPerMinute")
        assert refused.value.status_code == 401


@pytest.mark.parametrize(
    ("query", "body", "message"),
    [
        ("", b"{}", "api-version"),
        ("?api-version=2024-02-01", b"{}", "metricnamespace"),
        ("?api-version=2024-02-01&colour=red", b"{}", "colour"),
        ("?api-version=2024-02-01&endtime=2026-11-20T12:00:00Z", b"{}", "starttime"),
        ("?api-version=2024-02-01&starttime=noon", b"{}", "noon"),
        ("?api-version=2024-02-01", b"not JSON", "resourceids"),
        ("?api-version=2024-02-01", b"[]", "resourceids"),
        ("?api-version=2024-02-01", b'{"resourceids": []}', "1 to 50"),
        ("?api-version=2024-02-01", b'{"resourceids": [7]}', "list of resource ids"),
    ],
)
def test_requests_that_microsoft_s_client_does_not_send(
    service: MetricsService, query: str, body: bytes, message: str
) -> None:
    """An invalid request written manually is answered with a message that says what is wrong."""
    parameters = "&metricnames=RequestsPerMinute"
    if message != "metricnamespace":
        parameters += f"&metricnamespace={ENDPOINTS}"
    url = f"{service.url}/subscriptions/{WORKSPACE.subscription}/metrics:getBatch"
    answer = requests.post(
        url + (query + parameters if query else ""), body, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10
    )
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


def test_other_requests_are_not_emulated(service: MetricsService) -> None:
    """Any other request to the host is refused by name."""
    answer = requests.get(f"{service.url}/subscriptions/x/metricDefinitions", timeout=60)
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, "NotEmulated")


def test_faults_on_request() -> None:
    """An answer without series but with an error code, then throttling, a failure, and then everything works again."""
    codes: list[str] = []

    def keep(response: PipelineResponse[Any, Any]) -> None:
        codes.extend(metric["errorCode"] for metric in response.http_response.json()["values"][0]["value"])

    with running_loop() as loop, running_service(loop) as own:
        own.record("blue")
        own.faults.mode, own.faults.remaining = "partial", 1
        assert own.points("RequestsPerMinute", raw_response_hook=keep) == {}
        for mode, status in (("throttled", 429), ("failure", 500)):
            own.faults.mode, own.faults.remaining = mode, 1  # type: ignore[assignment]  # the loop widens the literals
            with pytest.raises(HttpResponseError) as refused:
                own.ask("RequestsPerMinute")
            assert refused.value.status_code == status
            answer: Any = refused.value.response
            assert answer.headers.get("Retry-After") == ("5" if mode == "throttled" else None)
        assert own.points("RequestsPerMinute", raw_response_hook=keep) == {"": {0: 1.0}}
    assert codes == ["InternalServerError", "Success"]
