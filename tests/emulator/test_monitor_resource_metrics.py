"""Metrics of one resource, read through the resource manager: the values of the batch API in another form."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from emulator.arm_errors import ArmError
from emulator.clock import VirtualClock
from emulator.monitor.faults import QueryFaults
from emulator.monitor.metrics_store import MetricsStore
from emulator.monitor.resource_metrics import ResourceMetrics
from emulator.resources import Deployment, Endpoint, Workspace
from tests.emulator.metrics_service import HOUR, NOON, deployment_id, endpoint_id
from tests.emulator.traffic import traffic_entry

WHOLE = f"{NOON.isoformat()}/{HOUR[1].isoformat()}"


@pytest.fixture
def metrics() -> ResourceMetrics:
    """Return the metrics of an endpoint to which three requests came at noon, one of which failed."""
    past_one = (HOUR[1] + timedelta(minutes=5)).timestamp()
    store = MetricsStore(VirtualClock(speed=0.0, origin=past_one), 0.0)
    for name, code in (("blue", 200), ("blue", 500), ("green", 200)):
        store.record(traffic_entry("churn", name, code), NOON)
    workspace = Workspace("0001", "ml", "ws", "westeurope", "a guid", "storage")
    blue = {"blue": Deployment("churn", "blue", {})}
    workspace.endpoints["churn"] = Endpoint("churn", {"properties": {}}, "", "", deployments=blue)
    return ResourceMetrics(store, workspace, QueryFaults())


def read(metrics: ResourceMetrics, resource: str, **parameters: str) -> dict[str, Any]:
    """Return the answer for RequestsPerMinute; `filter` is sent as $filter, as the clients do."""
    renamed = {"$filter" if name == "filter" else name: value for name, value in parameters.items()}
    return asyncio.run(
        metrics.read(resource, {"api-version": "2024-02-01", "metricnames": "RequestsPerMinute", **renamed})
    )


@pytest.mark.parametrize("timespan", [WHOLE, WHOLE.replace("/", "%2F"), f"{NOON.isoformat()}/PT1H"])
@pytest.mark.parametrize(
    ("resource", "condition", "expected"),
    [
        (endpoint_id(), "", {(): 3.0}),
        (endpoint_id(), "deployment eq '*'", {("blue",): 2.0, ("green",): 1.0}),
        (deployment_id("blue"), "", {(): 2.0}),
    ],
)
def test_values(
    metrics: ResourceMetrics, resource: str, condition: str, expected: dict[tuple[str, ...], float], timespan: str
) -> None:
    """The namespace follows from the resource; a timespan may be encoded twice, as Azure's command line does."""
    answer = read(metrics, resource, timespan=timespan, filter=condition, top="10", AutoAdjustTimegrain="true")
    [metric] = answer["value"]
    found = {
        tuple(each["value"] for each in series["metadatavalues"]): series["data"][0]["average"]
        for series in metric["timeseries"]
    }
    assert found == expected
    assert (answer["interval"], answer["cost"], len(metric["timeseries"][0]["data"])) == ("PT1M", 0, 60)
    assert "resourceid" not in answer


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"interval": "PT5M"}, 501),
        ({"aggregation": "Total"}, 501),
        ({"resultType": "Metadata"}, 501),
        ({"timespan": "yesterday"}, 400),
        ({"metricnames": "Nothing"}, 400),
    ],
)
def test_refused(metrics: ResourceMetrics, parameters: dict[str, str], status: int) -> None:
    """Invalid requests get a 400, and those that are not emulated a 501."""
    with pytest.raises(ArmError) as refused:
        read(metrics, endpoint_id(), **parameters)
    assert refused.value.status == status


def test_without_a_timespan(metrics: ResourceMetrics) -> None:
    """The last hour is returned, up to now."""
    start, end = read(metrics, endpoint_id())["timespan"].split("/")
    assert (start, end) == ("2026-11-20T12:05:00Z", "2026-11-20T13:05:00Z")


def test_faults(metrics: ResourceMetrics) -> None:
    """Whatever makes the batch API fail makes this one fail too."""
    metrics.faults.mode = "failure"
    with pytest.raises(ArmError, match="failed in the service"):
        read(metrics, endpoint_id())
