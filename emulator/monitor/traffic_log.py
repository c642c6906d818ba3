"""The traffic log: what the gateway reports about each request, as rows of `AmlOnlineEndpointTrafficLog`.

Times are virtual. A row can be queried only after the ingestion lag, which is 3 to 10 minutes according to Azure.
Recording does not block: rows are buffered in memory and stored in batches, or before the next query.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
from duckdb_kql import KqlSchemaError

from emulator.clock import VirtualClock
from emulator.monitor.log_store import LogStore, Result, Scope, unknown_table
from emulator.monitor.log_tables import TRAFFIC, TRAFFIC_COLUMNS
from emulator.traffic import TrafficEntry

BATCH = 5000
_LONGEST_USER_AGENT = 70
_BILLED_BYTES = 900.0  # about what Azure bills for a row


@dataclass(frozen=True, slots=True)
class LogOptions:
    """The origin of the rows, and by how many virtual seconds the lag varies at most (`seed` makes that repeatable).

    `workspace` is the ARM id of the Azure ML workspace. `table_exists`: rows were logged here before.
    """

    workspace: str = ""
    workspace_guid: str = ""
    tenant: str = ""
    location: str = ""
    jitter_seconds: float = 0.0
    seed: int | None = None
    table_exists: bool = False


class NoTableError(Exception):
    """The table does not exist: Log Analytics creates it with its first row."""


class TrafficLog:
    """The log of one workspace. Rows can be queried `lag_seconds` of virtual time after the request.

    `logged` returns whether requests of an endpoint are logged, as its diagnostic settings say (default: all are).
    `listeners` are called with each entry and its time as soon as it is recorded.
    """

    def __init__(
        self,
        clock: VirtualClock,
        lag_seconds: float,
        options: LogOptions | None = None,
        logged: Callable[[str], bool] = bool,
    ) -> None:
        self.clock = clock
        self.lag_seconds = lag_seconds
        self._options = options or LogOptions()
        self._logged = logged
        self._random = random.Random(self._options.seed)  # noqa: S311  # varies the lag; not for security
        self._buffer: list[tuple[Any, ...]] = []
        self._buffer_lock = threading.Lock()
        self._began: datetime | None = None
        self._store = LogStore()
        self.listeners: list[Callable[[TrafficEntry, datetime], None]] = []

    def record(self, entry: TrafficEntry) -> None:
        """Record a request that has just been answered."""
        now = self.clock.now()
        for listener in self.listeners:
            listener(entry, now)
        if not self._logged(entry.endpoint):
            return
        lag = self.lag_seconds + self._random.uniform(0.0, self._options.jitter_seconds)
        row = (_naive(now + timedelta(seconds=lag)), *self._row(entry, _naive(now)))
        if self._began is None:
            self._began = now + timedelta(seconds=lag)
        with self._buffer_lock:
            self._buffer.append(row)
        if len(self._buffer) >= BATCH:
            self._flush()

    async def query(self, kql: str, scope: Scope | None = None) -> Result:
        """Return the result of a KQL query over the rows that have arrived. Raises what `LogStore.query` raises.

        Raises NoTableError before the first row has arrived.
        """
        return await asyncio.to_thread(self._query, kql, scope or Scope(self.clock.now()))

    def close(self) -> None:
        """Delete all rows."""
        self._store.close()

    def _query(self, kql: str, scope: Scope) -> Result:
        exists = self._exists(scope.now)
        self._flush()
        try:
            return self._store.query(kql, scope, table_exists=exists)
        except (KqlSchemaError, duckdb.Error) as error:
            if not exists and unknown_table(error) == TRAFFIC:
                raise NoTableError(TRAFFIC) from error
            raise

    def _exists(self, now: datetime) -> bool:
        return self._options.table_exists or (self._began is not None and self._began <= now)

    def _flush(self) -> None:
        """Store the buffered rows."""
        with self._buffer_lock:
            rows, self._buffer = self._buffer, []
        self._store.append(rows)

    def _row(self, entry: TrafficEntry, moment: datetime) -> tuple[Any, ...]:
        """Return the entry's values in column order."""
        values = _measured(entry) | self._origin(entry) | {"TimeGenerated": moment}
        return tuple(values[name] for name in TRAFFIC_COLUMNS)

    def _origin(self, entry: TrafficEntry) -> dict[str, Any]:
        """Return the columns about the origin of the row."""
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
            "_BilledSize": _BILLED_BYTES,
            "_IsBillable": "True",
        }


def _measured(entry: TrafficEntry) -> dict[str, Any]:
    """Return the columns about the request itself."""
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
    """Return a time as the database stores it: in UTC, without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)
