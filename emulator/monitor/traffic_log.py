"""The traffic log: what the gateway tells about each request, kept as rows of `AmlOnlineEndpointTrafficLog`.

Times are the virtual clock's. A row can be queried only after the ingestion lag, which Azure states as 3 to 10 minutes.
Recording never waits: rows gather in memory and are stored in batches, at the latest when somebody asks.
"""

from __future__ import annotations

import asyncio
import random
import threading
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from emulator.monitor.store import LogStore, Scope
from emulator.monitor.tables import TRAFFIC, TRAFFIC_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from emulator.clock import VirtualClock
    from emulator.monitor.store import Result

BATCH = 5000
_LONGEST_USER_AGENT = 70
_BYTES_OF_A_ROW = 900.0  # what Azure would bill, about


@dataclass(frozen=True, slots=True)
class TrafficEntry:
    """One request as the gateway saw it. Durations in milliseconds of wall time, sizes in bytes.

    `model_code` is None when no container answered. `mirrored`: a copy, whose answer was thrown away.
    """

    endpoint: str
    deployment: str
    method: str
    path: str
    code: int
    reason: str
    model_code: int | None
    model_reason: str
    request_size: int
    response_size: int
    total_ms: int
    response_ms: int
    user_agent: str = ""
    request_id: str = ""
    client_request_id: str = ""
    auth_type: str = ""
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class LogOptions:
    """Where the log says its rows come from, and by how many virtual seconds at most the lag varies (`seed` fixes it).

    `workspace` is the ARM id of the Azure ML workspace.
    """

    workspace: str = ""
    workspace_guid: str = ""
    tenant: str = ""
    location: str = ""
    jitter_seconds: float = 0.0
    seed: int | None = None


class TrafficLog:
    """The log of one workspace. `lag_seconds` is virtual: how long after the request its row can be queried."""

    def __init__(self, clock: VirtualClock, lag_seconds: float, options: LogOptions | None = None) -> None:
        self.clock = clock
        self.lag_seconds = lag_seconds
        self._options = options or LogOptions()
        self._random = random.Random(self._options.seed)  # noqa: S311  (spreads a lag, guards nothing)
        self._gathered: list[tuple[Any, ...]] = []
        self._gathering = threading.Lock()
        self._store = LogStore()
        self.listeners: list[Callable[[TrafficEntry, datetime], None]] = []

    def record(self, entry: TrafficEntry) -> None:
        """Note a request that has just been answered."""
        now = self.clock.now()
        for listener in self.listeners:
            listener(entry, now)
        lag = self.lag_seconds + self._random.uniform(0.0, self._options.jitter_seconds)
        row = (_naive(now + timedelta(seconds=lag)), *self._row(entry, _naive(now)))
        with self._gathering:
            self._gathered.append(row)
        if len(self._gathered) >= BATCH:
            self._flush()

    async def query(self, kql: str, scope: Scope | None = None) -> Result:
        """Answer a KQL query over the rows that have arrived. Raises what `LogStore.query` does."""
        return await asyncio.to_thread(self._query, kql, scope or Scope(self.clock.now()))

    def close(self) -> None:
        """Forget everything."""
        self._store.close()

    def _query(self, kql: str, scope: Scope) -> Result:
        self._flush()
        return self._store.query(kql, scope)

    def _flush(self) -> None:
        """Store what has gathered."""
        with self._gathering:
            gathered, self._gathered = self._gathered, []
        self._store.append(gathered)

    def _row(self, entry: TrafficEntry, moment: datetime) -> tuple[Any, ...]:
        """Return the entry's values in the order of the table's columns."""
        values = _measured(entry) | self._origin(entry) | {"TimeGenerated": moment}
        return tuple(values[name] for name in TRAFFIC_COLUMNS)

    def _origin(self, entry: TrafficEntry) -> dict[str, Any]:
        """Return the columns that say where a row comes from."""
        options = self._options
        parts = options.workspace.split("/")
        return {
            "AzureMLWorkspaceId": options.workspace_guid,
            "AzureMLWorkspaceName": parts[-1],
            "Location": options.location,
            "TenantId": options.tenant,
            "SourceSystem": "Azure",
            "Type": TRAFFIC,
            "_ResourceId": f"{options.workspace}/onlineEndpoints/{entry.endpoint}".lower(),
            "_SubscriptionId": parts[2] if len(parts) > 2 else "",
            "_BilledSize": _BYTES_OF_A_ROW,
            "_IsBillable": "True",
        }


def _measured(entry: TrafficEntry) -> dict[str, Any]:
    """Return the columns that come from the request itself."""
    return {
        "EndpointName": entry.endpoint,
        "DeploymentName": entry.deployment,
        "Method": entry.method,
        "Path": entry.path,
        "Protocol": "HTTP/1.1",
        "ResponseCode": entry.code,
        "ResponseCodeReason": entry.reason,
        "ModelStatusCode": entry.model_code,
        "ModelStatusReason": entry.model_reason,
        "RequestPayloadSize": entry.request_size,
        "ResponsePayloadSize": entry.response_size,
        "RequestDurationMs": max(0, entry.total_ms - entry.response_ms),
        "ResponseDurationMs": entry.response_ms,
        "TotalDurationMs": entry.total_ms,
        "RequestThrottlingDelayMs": 0,
        "ResponseThrottlingDelayMs": 0,
        "UserAgent": entry.user_agent[:_LONGEST_USER_AGENT],
        "XRequestId": entry.request_id,
        "XMSClientRequestId": entry.client_request_id,
        "AuthType": entry.auth_type,
        "IdentityData": "",
        "OperationName": "InferenceServer/score",
    }


def _naive(moment: datetime) -> datetime:
    """Return the moment as the database keeps it: in UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)
