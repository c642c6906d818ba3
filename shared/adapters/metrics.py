"""The telemetry source of Azure Monitor's platform metrics: counts by status and percentiles of latency.

They need no set-up and are about a minute late, but do not identify single requests: latency has no histogram, and a
count is a rounded average computed by the service. A partial answer is never treated as complete.

Azure does not document whether an endpoint's metrics count mirrored requests. A deployment's own metrics do, so they
are read for minutes that the endpoint's metrics lack, for the deployments that get mirrored requests. There,
`envoy_response_code` is the only status: the container's own, not yet converted to 424. Metrics do not tell which
requests named their deployment.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from azure.monitor.querymetrics import MetricsClient

from shared.adapters.clouds import current_cloud
from shared.adapters.metrics_query import Question, Series, ask
from shared.adapters.status import FAILED_DEPENDENCY, Kind, kind
from shared.adapters.traffic import traffic_query
from shared.core.observation import DeploymentMinute
from shared.core.telemetry import Need, SourceKind, Window
from shared.core.telemetry.sources import METRICS
from shared.errors import Misconfigured, Permanent
from shared.ports import Fetch

ENDPOINTS = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
DEPLOYMENTS = f"{ENDPOINTS}/deployments"
REQUESTS = "RequestsPerMinute"
MODEL_STATUS = "modelStatusCode"
LATENCIES = {f"RequestLatency_P{percent}": percent for percent in (50, 90, 95, 99)}

Place = tuple[datetime, str]  # a minute and a deployment, in the order of the answer
Rows = dict[Place, DeploymentMinute]

_NAME = re.compile(r"[a-zA-Z](?:[-a-zA-Z0-9]{0,30}[a-zA-Z0-9])?")
_WORKSPACE = re.compile(r"/subscriptions/[\w-]+(?:/[\w.()-]+)+")
_REGION = re.compile(r"[a-z][a-z0-9]{1,40}")


class RegionalMetrics:
    """The platform metrics of a workspace whose region, and so the address to query, is looked up at the first read.

    region: returns the region. connect: returns the source for a region.
    """

    kind: SourceKind = METRICS

    def __init__(self, region: Callable[[], str], connect: Callable[[str], PlatformMetrics]) -> None:
        self._region = region
        self._connect = connect
        self._connected: PlatformMetrics | None = None

    def read(self, fetch: Fetch, needs: Sequence[Need]) -> tuple[DeploymentMinute, ...]:
        """Return requests, errors and latency, as `PlatformMetrics.minutes` does."""
        if self._connected is None:
            self._connected = self._connect(self._region())
        return self._connected.read(fetch, needs)


def metrics_address(region: str) -> str:
    """Return the address of a region's metrics. Raises Misconfigured for an invalid region name."""
    plain = region.replace(" ", "").lower()
    if not _REGION.fullmatch(plain):
        raise Misconfigured(f"{region!r} is not a valid Azure region name such as westeurope")
    return f"https://{plain}.{current_cloud().metrics}"


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where to read: resource ids, the deployment name of each id of a deployment, and the dimensions to split by."""

    namespace: str
    resources: dict[str, str]
    by_deployment: tuple[str, ...]
    status: str

    def deployment(self, series: Series) -> str:
        """Return the deployment that the series belongs to, in lower case."""
        return self.resources[series.resource] or series.dimensions["deployment"]


class PlatformMetrics:
    """The telemetry source of one workspace's metrics.

    workspace_id: the Azure ML workspace's ARM id. copied: returns the names of an endpoint's existing deployments that
    may have had mirrored requests; without it, mirrored requests are read from the endpoint's metrics only.
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
        """Return a row for each deployment and minute of the window with requests, oldest first.

        latency: the part of the window to read percentiles for as well; a minute has all of them or none. Raises
        Temporary if the answer is missing or partial; Permanent for an invalid endpoint name, and with `once`, because
        metrics do not identify single requests.
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
        answer = ask(self._client, requests, window, doing)
        counts = _counts(scope, answer)
        if any(series.dimensions[scope.status.lower()] == FAILED_DEPENDENCY for series in answer):
            by_model = replace(requests, split=(*split, MODEL_STATUS))
            _reclassify(scope, counts, ask(self._client, by_model, window, doing))
        times: dict[Place, dict[int, float]] = {}
        if latency and counts:
            slow = Question(scope.namespace, tuple(scope.resources), tuple(LATENCIES), scope.by_deployment)
            times = _percentiles(scope, ask(self._client, slow, latency, doing))
        return {place: _row(place, count, times.get(place)) for place, count in counts.items()}


def _counts(scope: _Scope, answer: Iterable[Series]) -> dict[Place, Counter[Kind]]:
    """Count the requests of each kind; places without requests are left out.

    Requests that reached no deployment (wrong key, wrong path) are ignored.
    """
    counts: dict[Place, Counter[Kind]] = defaultdict(Counter)
    for series in answer:
        deployment = scope.deployment(series)
        which = kind(series.dimensions[scope.status.lower()])
        for minute, average in series.averages.items():
            if deployment and round(average):
                counts[minute, deployment][which] += round(average)
    return counts


def _reclassify(scope: _Scope, counts: dict[Place, Counter[Kind]], answer: Iterable[Series]) -> None:
    """Move the requests that the model answered itself to the kind of its own status.

    Requests are only moved, never added: whether requests that no model answered appear in this split is not
    documented, so only the caller's status says how many there were.
    """
    for series in answer:
        status, model = (series.dimensions[name.lower()] for name in (scope.status, MODEL_STATUS))
        before, after = kind(status), kind(status, model)
        for minute, average in series.averages.items():
            known = counts.get((minute, scope.deployment(series)))
            if known is not None and before != after:
                moved = min(round(average), known[before])
                known[before] -= moved
                known[after] += moved


def _percentiles(scope: _Scope, answer: Iterable[Series]) -> dict[Place, dict[int, float]]:
    times: dict[Place, dict[int, float]] = defaultdict(dict)
    for series in answer:
        percent = LATENCIES[series.metric]
        for minute, milliseconds in series.averages.items():
            row = times[minute, scope.deployment(series)]
            # Two spellings of one deployment give two series, which cannot be merged: keep the slower one.
            row[percent] = max(milliseconds, row.get(percent, 0.0))
    return times


def _row(place: Place, counts: Counter[Kind], times: dict[int, float] | None) -> DeploymentMinute:
    minute, deployment = place
    whole = times if times and len(times) == len(LATENCIES) else None
    return DeploymentMinute(
        deployment,
        minute,
        counts.total(),
        counts["bad"] + counts["overloaded"],
        counts["client_error"],
        percentiles=whole,
        overloaded=counts["overloaded"],
    )
