"""The telemetry source of Azure Monitor's platform metrics: counts by status and percentiles of latency.

They need no set-up and are about a minute late, but know no single request: latency has no histogram, and a count is
the average that the service made of it, rounded. A partial answer is never taken for the whole.

Whether an endpoint's metrics count mirrored requests is not documented. A deployment's own metrics do; so a minute of
which the endpoint's say nothing is read there, for the deployments that get copies. There `envoy_response_code` is the
only status, and a status that the container made up is not yet turned into 424.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from azure.monitor.querymetrics import MetricsClient

from shared.adapters.metrics_query import Question, Series, ask
from shared.adapters.traffic import traffic_query
from shared.core.observation import DeploymentMinute
from shared.core.telemetry import Need, SourceKind, Window
from shared.core.telemetry.sources import METRICS
from shared.errors import Misconfigured, Permanent
from shared.ports import Fetch

ENDPOINTS = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
DEPLOYMENTS = f"{ENDPOINTS}/deployments"
REQUESTS = "RequestsPerMinute"
LATENCIES = {f"RequestLatency_P{percent}": percent for percent in (50, 90, 95, 99)}

Place = tuple[datetime, str]  # a minute and a deployment, in the order of the answer
Rows = dict[Place, DeploymentMinute]
Kind = Literal["good", "bad", "client_error"]

_NAME = re.compile(r"[a-zA-Z](?:[-a-zA-Z0-9]{0,30}[a-zA-Z0-9])?")
_WORKSPACE = re.compile(r"/subscriptions/[\w-]+(?:/[\w.()-]+)+")
_REGION = re.compile(r"[a-z][a-z0-9]{1,40}")


class NoMetrics:
    """The platform metrics of an app that does not know its region, so that there is no address to ask."""

    kind: SourceKind = METRICS

    def read(self, fetch: Fetch, needs: Sequence[Need]) -> tuple[DeploymentMinute, ...]:
        """Raise Permanent, saying what is missing."""
        del needs
        raise Permanent(f"the metrics of {fetch.endpoint} cannot be read: the app setting TEAL_REGION is missing")


def metrics_address(region: str) -> str:
    """Return the address that answers for a region's metrics. Raises Misconfigured for an invalid region name."""
    plain = region.replace(" ", "").lower()
    if not _REGION.fullmatch(plain):
        raise Misconfigured(f"{region!r} is not a valid Azure region name such as westeurope")
    return f"https://{plain}.metrics.monitor.azure.com"


def kind(status: str) -> Kind:
    """Return what a status code says of a request.

    Good is what is known to be: 1xx to 3xx. A caller's mistake is a 4xx that is known not to be ours (408, 424, 429
    are). All else is bad: 5xx, 0 (nobody waited for the answer), no code, a word, and 4xx without its last digits.
    """
    if re.fullmatch(r"[123](\d\d|xx)", status):
        return "good"
    if re.fullmatch(r"4\d\d", status) and status not in {"408", "424", "429"}:
        return "client_error"
    return "bad"


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where to read: ids, the deployment's name of each that is one, and the dimensions to split by."""

    namespace: str
    resources: dict[str, str]
    by_deployment: tuple[str, ...]
    status: str

    def deployment(self, series: Series) -> str:
        """Return whose series this is, in lower case."""
        return self.resources[series.resource] or series.dimensions["deployment"]


class PlatformMetrics:
    """The telemetry source of one workspace's metrics.

    workspace_id: the Azure ML workspace's ARM id. copied: gives the names of those deployments of an endpoint that may
    have had mirrored requests, and exist; without it copies are looked for in the endpoint's metrics alone.
    """

    kind: SourceKind = METRICS

    def __init__(
        self,
        client: MetricsClient,
        workspace_id: str,
        copied: Callable[[str], Iterable[str]] = lambda _endpoint: (),
    ) -> None:
        if not _WORKSPACE.fullmatch(workspace_id):
            raise Misconfigured(
                f"{workspace_id!r} is not a valid ARM id: check subscription, resource group and workspace"
            )
        self._client = client
        self._workspace_id = workspace_id
        self._copied = copied

    def read(self, fetch: Fetch, needs: Sequence[Need]) -> tuple[DeploymentMinute, ...]:
        """Return requests, errors and latency, as `minutes` does."""
        asked = traffic_query(fetch, needs)
        return self.minutes(fetch.endpoint, asked.window, asked.latency, once=asked.once)

    def minutes(
        self, endpoint: str, window: Window, latency: Window | None, *, once: bool = False
    ) -> tuple[DeploymentMinute, ...]:
        """Return every deployment and minute of the window that has requests, oldest first.

        latency: the part of the window for which percentiles are wanted too; a minute has all of them or none. Raises
        Temporary when the answer is missing or partial, Permanent for an invalid endpoint name, and if retried requests
        are to count `once`: metrics know no single request.
        """
        if once:
            raise Permanent(
                f"the metrics of {endpoint} do not identify single requests, so retries cannot be recognized"
            )
        if not _NAME.fullmatch(endpoint):
            raise Permanent(f"{endpoint!r} is not a valid name of an online endpoint")
        place = f"{self._workspace_id}/onlineEndpoints/{endpoint}"
        whole = _Scope(ENDPOINTS, {place: ""}, ("deployment",), "statusCode")
        names = sorted({name.lower() for name in self._copied(endpoint)})
        copies = _Scope(DEPLOYMENTS, {f"{place}/deployments/{name}": name for name in names}, (), "envoy_response_code")
        doing = f"read the metrics of {endpoint}"
        rows = self._rows(copies, window, latency, doing) | self._rows(whole, window, latency, doing)
        return tuple(rows[place] for place in sorted(rows))

    def _rows(self, scope: _Scope, window: Window, latency: Window | None, doing: str) -> Rows:
        split = (*scope.by_deployment, scope.status)
        requests = Question(scope.namespace, tuple(scope.resources), (REQUESTS,), split)
        counts = _counts(scope, ask(self._client, requests, window, doing))
        times: dict[Place, dict[int, float]] = {}
        if latency and counts:
            slow = Question(scope.namespace, tuple(scope.resources), tuple(LATENCIES), scope.by_deployment)
            times = _percentiles(scope, ask(self._client, slow, latency, doing))
        return {place: _row(place, count, times.get(place)) for place, count in counts.items()}


def _counts(scope: _Scope, answer: Iterable[Series]) -> dict[Place, Counter[Kind]]:
    """Return how many requests of each kind there were, where there were any.

    Requests that reached no deployment (a wrong key, a wrong path) are nobody's.
    """
    counts: dict[Place, Counter[Kind]] = defaultdict(Counter)
    for series in answer:
        deployment = scope.deployment(series)
        which = kind(series.dimensions[scope.status.lower()])
        for minute, average in series.averages.items():
            if deployment and round(average):
                counts[minute, deployment][which] += round(average)
    return counts


def _percentiles(scope: _Scope, answer: Iterable[Series]) -> dict[Place, dict[int, float]]:
    times: dict[Place, dict[int, float]] = defaultdict(dict)
    for series in answer:
        percent = LATENCIES[series.metric]
        for minute, milliseconds in series.averages.items():
            row = times[minute, scope.deployment(series)]
            # One deployment spelled in two ways is two series, which cannot be put together: the slower one stands.
            row[percent] = max(milliseconds, row.get(percent, 0.0))
    return times


def _row(place: Place, counts: Counter[Kind], times: dict[int, float] | None) -> DeploymentMinute:
    minute, deployment = place
    whole = times if times and len(times) == len(LATENCIES) else None
    return DeploymentMinute(
        deployment, minute, counts.total(), counts["bad"], counts["client_error"], percentiles=whole
    )
