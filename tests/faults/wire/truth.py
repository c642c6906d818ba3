"""What the emulator and Azurite really hold, as the harness reads it: without faults or Teal's adapters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from math import exp

from azure.data.tables import TableServiceClient, UpdateMode

from emulator.resources import Deployment, Endpoint
from shared.adapters import table_keys as keys
from shared.adapters import table_rows as rows
from shared.adapters.tables import HALT, TableStore
from shared.core.admission import EndpointRecord
from shared.core.endpoint_id import EndpointId
from shared.core.observation import DeploymentMinute, DeploymentSeen, EndpointSeen, Provisioning
from shared.core.rollout import Rollout
from shared.core.telemetry import Window
from shared.core.telemetry.latency_buckets import LOG_RATIO
from shared.names import OPEN_TABLE, ROLLOUTS_TABLE
from shared.ports import Halt, Stored
from tests.fakes import FakeClock, FakeStore
from tests.faults.unreliable import UnreliableEndpoints, UnreliableTelemetry
from tests.faults.wire.counted_log import Answered
from tests.faults.wire.emulated import Emulated
from tests.faults.wire.stale_reads import StaleReads
from tests.scenarios.world import CHURN, ENDPOINT


class EmulatedEndpoints(UnreliableEndpoints):
    """The endpoint in the emulator, and what is visible of it."""

    def __init__(self, emulated: Emulated, visible: StaleReads) -> None:
        self._emulated, self._visible = emulated, visible
        super().__init__(slow=True)

    @property
    def seen(self) -> dict[str, EndpointSeen]:
        """The endpoint as it really is."""
        found = self._emulated.endpoint()
        return {} if found is None else {ENDPOINT: _seen(found)}

    @seen.setter
    def seen(self, _: dict[str, EndpointSeen]) -> None: ...

    @property
    def pending(self) -> list[tuple[str, EndpointSeen]]:
        """The endpoint, once for every operation in progress."""
        return list(self.seen.items()) if self._emulated.busy else []

    @pending.setter
    def pending(self, _: list[tuple[str, EndpointSeen]]) -> None: ...

    @property
    def hidden(self) -> bool:
        """Whether operations in progress are invisible."""
        return self._visible.hidden

    @hidden.setter
    def hidden(self, hidden: bool) -> None:
        self._visible.hidden = hidden

    @property
    def stale(self) -> int:
        """How many reads do not show a change yet."""
        return self._visible.stale

    @stale.setter
    def stale(self, reads: int) -> None:
        self._visible.stale = reads

    def changed(self, endpoint: str) -> None:
        """Do nothing: reads notice a change by themselves."""

    def current(self) -> None:
        """Show the current state of everything from now on."""
        self._visible.current()

    def finish(self) -> None:
        """Let every operation end."""
        self._emulated.finish()

    def set_by_others(self, seen: EndpointSeen) -> None:
        """Let someone else change the endpoint to this state."""
        endpoint = self._emulated.endpoint()
        assert endpoint is not None
        parts = {"traffic": dict(seen.traffic), "mirrorTraffic": dict(seen.mirror)}
        endpoint.body = endpoint.body | {"properties": endpoint.body["properties"] | parts}
        for name in endpoint.deployments.keys() - seen.deployments.keys():
            del endpoint.deployments[name]
        for name, wanted in seen.deployments.items():
            if name not in endpoint.deployments:
                endpoint.deployments[name] = _like_others(endpoint, wanted)
            present = endpoint.deployments[name]
            present.provisioning_state = wanted.state.value
            model = {} if wanted.model == _seen_one(present).model else {"model": wanted.model}
            present.body = present.body | {
                "sku": present.body["sku"] | {"capacity": wanted.instances},
                "properties": present.body["properties"] | model,
            }

    def switched_by_others(self, name: str, *, enabled: bool) -> None:
        """Do nothing: switching autoscale settings is left to the harness in memory."""


def _like_others(endpoint: Endpoint, wanted: DeploymentSeen) -> Deployment:
    """Return a deployment that someone else created, with another one's settings but its own model."""
    settings = next(iter(endpoint.deployments.values())).body
    body = settings | {"properties": settings["properties"] | {"model": wanted.model}}
    return Deployment(endpoint.name, wanted.name, body)


def _seen_one(deployment: Deployment) -> DeploymentSeen:
    state, model = Provisioning(deployment.provisioning_state), str(deployment.body["properties"]["model"])
    return DeploymentSeen(deployment.name, state, model, deployment.body["sku"]["capacity"])


def _seen(endpoint: Endpoint) -> EndpointSeen:
    deployments = {each.name: _seen_one(each) for each in endpoint.deployments.values()}
    traffic = {name: share for name, share in endpoint.traffic.items() if share}
    mirror = {name: share for name, share in endpoint.mirror_traffic.items() if share}
    return EndpointSeen(endpoint.name, Provisioning(endpoint.provisioning_state), traffic, mirror, deployments)


class AzuriteRecords(FakeStore):
    """A copy of the rows in Azurite, read again after every write. changed: whether a row was written since."""

    def __init__(self, service: TableServiceClient) -> None:
        super().__init__()
        self._service, self._store, self.changed = service, TableStore(service), False

    def record(self, endpoint: EndpointId) -> Stored[EndpointRecord]:
        self._read()
        return super().record(endpoint)

    def rollouts(self, endpoint: EndpointId | str) -> tuple[Rollout, ...]:
        self._read()
        return super().rollouts(endpoint)

    def open_endpoints(self) -> tuple[EndpointId, ...]:
        self._read()
        return super().open_endpoints()

    def set_halt(self, halt: Halt | None) -> None:
        """Set a halt, or remove it."""
        if halt is not None:
            self._store.set_halt(halt)
        elif self._store.halt() is not None:
            self._service.get_table_client(OPEN_TABLE).delete_entity(HALT, keys.HALT_ROW)

    def rival(self) -> None:
        """Act as another writer that comes first: write every record unchanged, which changes its ETag."""
        table = self._service.get_table_client(ROLLOUTS_TABLE)
        for row in table.query_entities(*_RECORDS):
            table.update_entity({name: row[name] for name in ("PartitionKey", "RowKey")}, UpdateMode.MERGE)

    def _read(self) -> None:
        if not self.changed:
            return
        self.changed = False
        for row in self._service.get_table_client(ROLLOUTS_TABLE).query_entities(*_RECORDS):
            etag = str(row.metadata["etag"])
            if row["RowKey"] == keys.ENDPOINT_ROW:
                self.rows[CHURN, ""] = (rows.record_of(row), etag)
                continue
            rollout = rows.rollout_of(row)
            if self.rows.get((CHURN, rollout.id), (None, ""))[1] != etag:
                self.rows[CHURN, rollout.id] = (rollout, etag)
                self._read_history(rollout)
        self.opened = dict.fromkeys(self._store.open_endpoints(), "marked")

    def _read_history(self, rollout: Rollout) -> None:
        known = sum(1 for _, name, _ in self.entries if name == rollout.id)
        for number, entry in enumerate(self._store.history(CHURN, rollout.id, known), known):
            self.entries[CHURN, rollout.id, number] = entry


_RECORDS = (
    f"PartitionKey eq '{keys.partition_key(CHURN)}' and (RowKey eq '{keys.ENDPOINT_ROW}' or RowKey ge 'rollout~')",
)


class EmulatedLog(UnreliableTelemetry):
    """The rows that should be in the emulator's request log by now, and those that are there already."""

    def __init__(self, emulated: Emulated, clock: FakeClock) -> None:
        super().__init__(clock=clock)
        self._log, self._taken = emulated.log, 0
        self._waiting: list[DeploymentMinute] = []
        self._there: dict[tuple[str, datetime], Counter[Answered]] = {}

    def deliver(self) -> None:
        """Bring the log up to date with the rows that have arrived, and with halves of others."""
        self._waiting += self.rows[self._taken :]
        self._taken = len(self.rows)
        self._waiting = [row for row in self._waiting if not self._delivered(row)]

    def check(self, window: Window, found: Iterable[DeploymentMinute]) -> None:
        """Report minutes that differ from those in the log."""
        there = {
            key: answered.total() for key, answered in self._there.items() if window.since <= key[1] < window.until
        }
        shown = {(row.deployment, row.minute): row.total for row in found}
        assert shown == there, f"the log has {there.items() - shown.items()}, and not {shown.items() - there.items()}"

    def _delivered(self, row: DeploymentMinute) -> bool:
        key, arrived = (row.deployment, row.minute), self._arrived(row)
        if not arrived:
            return False
        whole = _answered(row)
        due = whole if arrived == [row] else Counter({kind: count // 2 for kind, count in whole.items()})
        self._log.add(row.deployment, row.minute, due - self._there.get(key, Counter()))
        self._there[key] = due
        return due is whole


def _answered(row: DeploymentMinute) -> Counter[Answered]:
    """Return the requests of a minute: those that failed, were refused, and succeeded."""
    found: Counter[Answered] = Counter()
    found[424, 500, 10] = row.bad - row.overloaded
    found[429, None, 10] = row.overloaded
    found[424, 422, 10] = row.client_errors
    for bucket, count in (row.slowness or {}).items():
        found[200, 200, max(1, int(exp(bucket * LOG_RATIO)))] += count
    found[200, 200, 10] += row.total - sum(found.values())
    return +found
