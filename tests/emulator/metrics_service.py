"""A metrics service with a stopped clock, queried with Microsoft's own client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.monitor.querymetrics import MetricsClient, MetricsQueryResult, TimeSeriesElement

from emulator.clock import VirtualClock
from emulator.monitor.faults import QueryFaults
from emulator.monitor.metrics import metrics_application
from emulator.monitor.metrics_store import MetricsStore
from emulator.resources import Deployment, Endpoint, Workspace
from tests.emulator.credential import FixedCredential
from tests.emulator.loop import Loop, serve
from tests.emulator.traffic import traffic_entry

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = (NOON, NOON + timedelta(hours=1))
ENDPOINTS = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
DEPLOYMENTS = f"{ENDPOINTS}/deployments"
WORKSPACE = Workspace("0001", "ml", "ws", "westeurope", "a guid", "storage")
TOKEN = "a token"
Points = dict[str, dict[int, float]]


def endpoint_id(name: str = "churn") -> str:
    """Return an endpoint's ARM id."""
    return f"{WORKSPACE.id}/onlineEndpoints/{name}"


def deployment_id(name: str, endpoint: str = "churn") -> str:
    """Return a deployment's ARM id."""
    return f"{endpoint_id(endpoint)}/deployments/{name}"


@dataclass(frozen=True, slots=True)
class MetricsService:
    """The service, Microsoft's client for it, and the requests that it counts."""

    store: MetricsStore
    client: MetricsClient
    url: str
    faults: QueryFaults

    def record(
        self,
        deployment: str,
        code: int = 200,
        *,
        endpoint: str = "churn",
        minute: int = 0,
        times: int = 1,
        **fields: Any,  # noqa: ANN401  # any field
    ) -> None:
        """Record `times` requests in this minute after noon."""
        entry = traffic_entry(endpoint, deployment, code, **fields)
        for _ in range(times):
            self.store.record(entry, NOON + minute * MINUTE + timedelta(seconds=30))

    def ask(self, *names: str, of: tuple[str, ...] = (), **more: Any) -> list[MetricsQueryResult]:  # noqa: ANN401  # the SDK's arguments
        """Query metrics of the hour after noon, by default of the endpoint `churn`."""
        asked = {"metric_namespace": ENDPOINTS, "timespan": HOUR, "aggregations": ["Average"]} | more
        return self.client.query_resources(
            resource_ids=of or (endpoint_id(),), metric_names=names, enforce_https=False, **asked
        )

    def points(self, name: str, **more: Any) -> Points:  # noqa: ANN401  # as above
        """Return the values of one metric of one resource by the values of its dimensions and by minute after noon."""
        [answer] = self.ask(name, **more)
        return {" ".join(each.metadata_values.values()): values(each) for each in answer.metrics[0].timeseries}


def values(series: TimeSeriesElement) -> dict[int, float]:
    """Return the averages of a series by minute after noon; minutes without one are left out."""
    return {(each.timestamp - NOON) // MINUTE: each.average for each in series.data if each.average is not None}


def _endpoint(name: str, *deployments: str) -> Endpoint:
    known = {each: Deployment(name, each, {}) for each in deployments}
    return Endpoint(name, {"properties": {}}, "", "", "Succeeded", known)


@contextmanager
def running_service(loop: Loop, lag: float = 0.0) -> Iterator[MetricsService]:
    """Run the service at one o'clock; it knows the endpoints `churn` (blue, green) and `other` (blue)."""
    origin = HOUR[1].timestamp()
    # With speed 0 the clock always shows its origin.
    store = MetricsStore(VirtualClock(speed=0.0, origin=origin), lag)
    WORKSPACE.endpoints = {"churn": _endpoint("churn", "blue", "green"), "other": _endpoint("other", "blue")}
    faults = QueryFaults()
    runner, url = loop.run(serve(metrics_application(store, WORKSPACE, faults, lambda token: token == TOKEN)))
    try:
        with MetricsClient(url, FixedCredential(TOKEN), retry_total=0) as client:
            yield MetricsService(store, client, url, faults)
    finally:
        loop.run(runner.cleanup())
