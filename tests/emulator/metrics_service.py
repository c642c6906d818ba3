"""A metrics service with a clock that stands where a test puts it, asked with Microsoft's own client."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.core.credentials import AccessToken
from azure.monitor.querymetrics import MetricsClient, MetricsQueryResult, TimeSeriesElement

from emulator.clock import VirtualClock
from emulator.monitor.faults import QueryFaults
from emulator.monitor.metrics import metrics_application
from emulator.monitor.metrics_store import MetricsStore
from emulator.resources import Deployment, Endpoint, Workspace
from emulator.traffic import TrafficEntry
from tests.emulator.serving_parts import Loop, serve

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = (NOON, NOON + timedelta(hours=1))
ENDPOINTS = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
DEPLOYMENTS = f"{ENDPOINTS}/deployments"
WORKSPACE = Workspace("0001", "ml", "ws", "westeurope", "a guid", "storage")
TOKEN = "a token"
Points = dict[str, dict[int, float]]


class Credential:
    """A credential with a token that is given."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:  # noqa: ANN401  # the SDK's protocol
        """Return the token."""
        return AccessToken(self.token, int(time.time()) + 3600)


def endpoint_id(name: str = "churn") -> str:
    """Return an endpoint's ARM id."""
    return f"{WORKSPACE.id}/onlineEndpoints/{name}"


def deployment_id(name: str, endpoint: str = "churn") -> str:
    """Return a deployment's ARM id."""
    return f"{endpoint_id(endpoint)}/deployments/{name}"


@dataclass(frozen=True, slots=True)
class MetricsService:
    """The service, Microsoft's client of it, and the requests that it counts."""

    store: MetricsStore
    client: MetricsClient
    url: str
    faults: QueryFaults

    def record(self, deployment: str, code: int = 200, *, minute: int = 0, times: int = 1, **more: Any) -> None:  # noqa: ANN401  # fields
        """Have so many requests answered in that minute after noon."""
        fields: dict[str, Any] = {
            "endpoint": "churn",
            "method": "POST",
            "path": "/score",
            "reason": "",
            "model_reason": "",
            "model_code": code,
            "request_size": 1,
            "response_size": 1,
            "total_ms": 10,
            "response_ms": 1,
            **more,
        }
        entry = TrafficEntry(deployment=deployment, code=code, **fields)
        for _ in range(times):
            self.store.record(entry, NOON + minute * MINUTE + timedelta(seconds=30))

    def ask(self, *names: str, of: tuple[str, ...] = (), **more: Any) -> list[MetricsQueryResult]:  # noqa: ANN401  # the SDK's arguments
        """Ask for metrics of the hour after noon, of the endpoint `churn` if nothing else is said."""
        asked = {"metric_namespace": ENDPOINTS, "timespan": HOUR, "aggregations": ["Average"]} | more
        return self.client.query_resources(
            resource_ids=of or (endpoint_id(),), metric_names=names, enforce_https=False, **asked
        )

    def points(self, name: str, **more: Any) -> Points:  # noqa: ANN401  # as above
        """Return the values of one metric of one resource, by the values of its dimensions and minute after noon."""
        [answer] = self.ask(name, **more)
        return {" ".join(each.metadata_values.values()): values(each) for each in answer.metrics[0].timeseries}


def values(series: TimeSeriesElement) -> dict[int, float]:
    """Return the averages of a series by minute after noon, where there are any."""
    return {(each.timestamp - NOON) // MINUTE: each.average for each in series.data if each.average is not None}


def _endpoint(name: str, *deployments: str) -> Endpoint:
    known = {each: Deployment(name, each, {}) for each in deployments}
    return Endpoint(name, {"properties": {}}, "", "", "Succeeded", known)


@contextmanager
def running_service(loop: Loop, lag: float = 0.0) -> Iterator[MetricsService]:
    """Run the service at one o'clock; it knows the endpoints `churn` (blue, green) and `other` (blue)."""
    origin = HOUR[1].timestamp()
    # The clock's origin is its time while its speed is nought.
    store = MetricsStore(VirtualClock(speed=0.0, origin=origin), lag)
    WORKSPACE.endpoints = {"churn": _endpoint("churn", "blue", "green"), "other": _endpoint("other", "blue")}
    faults = QueryFaults()
    runner, url = loop.run(serve(metrics_application(store, WORKSPACE, faults, lambda token: token == TOKEN)))
    try:
        with MetricsClient(url, Credential(TOKEN), retry_total=0) as client:
            yield MetricsService(store, client, url, faults)
    finally:
        loop.run(runner.cleanup())
