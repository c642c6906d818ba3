"""An incomplete metrics answer is an error, because a truncated or missing series looks like no errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from azure.monitor.querymetrics import MetricsClient

from shared.adapters.metrics import PlatformMetrics, metrics_address
from shared.core.telemetry import Window
from shared.errors import Permanent, TealError, Temporary
from tests.adapters.arm_documents import WORKSPACE
from tests.adapters.metrics_answers import (
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
from tests.adapters.stand_in import DROPPED, TOKEN, Credential, Reply, StandIn

HOUR = Window(TEN, TEN + timedelta(hours=1))
GOOD = requests("200", {0: 5.0})
REFUSED = {"error": {"code": "AuthorizationFailed", "message": "The client may not read metrics."}}


@pytest.fixture
def traffic() -> Iterator[PlatformMetrics]:
    """Return the adapter with its client, built as for the app."""
    with MetricsClient(metrics_address("westeurope"), Credential(), retry_total=1, retry_status=0) as client:
        yield PlatformMetrics(client, WORKSPACE)


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        pytest.param(
            batch(answer(metric(REQUESTS, errorCode="MetricUnavailable", errorMessage="try later"))),
            Temporary,
            "MetricUnavailable try later",
            id="an unavailable metric is returned empty",
        ),
        pytest.param(batch(answer(metric(REQUESTS, GOOD, errorCode="Partial"))), Temporary, "Partial", id="partial"),
        pytest.param(batch(), Temporary, "0 returned", id="no resource"),
        pytest.param(batch(answer(metric(REQUESTS)), answer(metric(REQUESTS))), Temporary, "2 returned", id="too many"),
        pytest.param(
            batch(answer(metric(REQUESTS, GOOD), resource=f"{WORKSPACE}/onlineEndpoints/other")),
            Temporary,
            "onlineEndpoints/other returned",
            id="another's",
        ),
        pytest.param(batch(answer()), Temporary, "RequestsPerMinute of", id="no metric"),
        pytest.param(batch(answer(metric("RequestLatency", GOOD))), Temporary, "is missing", id="another metric"),
        pytest.param(
            batch(answer(metric(REQUESTS, GOOD), interval="PT5M")), Temporary, "returned by 0:05:00", id="not by minute"
        ),
        pytest.param(
            answered(*[requests(str(200 + number), {0: 1.0}) for number in range(1000)]),
            Temporary,
            "the rest is cut",
            id="cut",
        ),
        pytest.param(answered(series({0: 5.0}, deployment="churn-7")), Temporary, "its statusCode", id="not split"),
        pytest.param(
            answered(series({0: 5.0}, statusCode="200")), Temporary, "its deployment", id="not split by deployment"
        ),
        pytest.param(answered(requests("200", {0: -1.0})), Temporary, "the value -1.0", id="negative"),
        pytest.param(
            Reply(
                200,
                '{"values": [{"interval": "PT1M", "value": [{"name": {"value": "RequestsPerMinute"}, '
                '"timeseries": [{"metadatavalues": [{"name": {"value": "deployment"}, "value": "a"}, '
                '{"name": {"value": "statuscode"}, "value": "200"}], '
                '"data": [{"timeStamp": "2026-11-20T10:00:00Z", "average": NaN}]}]}]}]}',
            ),
            Temporary,
            "the value nan",
            id="no number",
        ),
        pytest.param(
            answered({**GOOD, "data": GOOD["data"] * 2}), Temporary, "two values for 10:00", id="duplicate minute"
        ),
        pytest.param(answered({**GOOD, "data": [{"average": 1.0}]}), Temporary, "cannot", id="no time"),
        pytest.param(
            answered({**GOOD, "data": [{"timeStamp": "soon", "average": 1.0}]}), Temporary, "cannot", id="invalid time"
        ),
        pytest.param(
            answered({**GOOD, "data": [{"timeStamp": "2026-11-20T10:00:00Z", "average": "5"}]}),
            Temporary,
            "cannot",
            id="text instead of a number",
        ),
        pytest.param(Reply(200, {}), Temporary, "cannot", id="nothing"),
        pytest.param(Reply(200, "[]"), Temporary, "cannot", id="a list"),
        pytest.param(Reply(200, "<html>"), Temporary, "cannot", id="a page"),
        pytest.param(Reply(200, {"values": [{}]}), Temporary, "cannot", id="an empty answer"),
        pytest.param(
            Reply(429, {"error": {"code": "Throttled", "message": "wait"}}, {"Retry-After": "900"}),
            Temporary,
            "429",
            id="throttled",
        ),
        pytest.param(Reply(503, {"error": {"code": "Busy", "message": "later"}}), Temporary, "Busy", id="busy"),
        pytest.param(DROPPED, Temporary, "cannot", id="no answer"),
        pytest.param(Reply(403, REFUSED), Permanent, "AuthorizationFailed", id="not allowed"),
        pytest.param(Reply(400, {"error": {"code": "BadRequest", "message": "no"}}), Permanent, "no", id="refused"),
    ],
)
def test_an_incomplete_answer_is_an_error(
    traffic: PlatformMetrics, azure: StandIn, reply: Reply, kind: type[TealError], words: str
) -> None:
    """The error is raised immediately, regardless of Retry-After, and does not contain the token."""
    azure.answer(reply)
    with pytest.raises(TealError) as caught:
        traffic.minutes("churn", HOUR, None)
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_missing_latency_is_an_error(traffic: PlatformMetrics, azure: StandIn) -> None:
    """Three of the four requested percentiles are not a complete answer."""
    azure.answer(answered(GOOD), batch(answer(*latencies({0: 20.0}, 50, 90, 95, deployment="churn-7"))))
    with pytest.raises(Temporary, match="RequestLatency_P99"):
        traffic.minutes("churn", HOUR, HOUR)


def test_an_answer_within_an_answer_is_read(traffic: PlatformMetrics, azure: StandIn) -> None:
    """The service occasionally sends its JSON encoded as a JSON string."""
    whole = answered(GOOD).body
    azure.answer(Reply(200, json_string(whole)))
    assert [row.total for row in traffic.minutes("churn", HOUR, None)] == [5]


def json_string(body: object) -> str:
    """Return a body's JSON as a JSON string."""
    return json.dumps(json.dumps(body))
