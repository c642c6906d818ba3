"""Assembles the small Azure: every service, its host names, and the order in which services start and stop.

Only composition: each service's behaviour is in its own package.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from aiohttp import ClientSession, web

from emulator import environment
from emulator.admin_api import admin_application
from emulator.event_grid.grid import EventGrid
from emulator.event_grid.options import EventGridOptions
from emulator.function_apps import FunctionApps
from emulator.identity import audiences
from emulator.identity.application import identity_application
from emulator.identity.tokens import Principal, TokenIssuer
from emulator.monitor import metrics_store
from emulator.monitor.faults import QueryFaults
from emulator.monitor.logs import logs_application
from emulator.monitor.metrics import metrics_application
from emulator.monitor.resource_metrics import ResourceMetrics
from emulator.monitor.traffic_log import LogOptions, TrafficLog
from emulator.network.acknowledgement import acknowledge_head
from emulator.network.certificates import CertificateAuthority
from emulator.network.hosts import HostTable, Service, Tunnel
from emulator.network.proxy import Proxy
from emulator.options import Options
from emulator.paced_clock import PacedClock
from emulator.resource_manager import diagnostics
from emulator.resource_manager.asset_files import Storage, data_folder
from emulator.resource_manager.control_plane import ControlPlane, Dependencies, control_plane
from emulator.resource_manager.faults import Faults
from emulator.resource_manager.mlflow_artifacts import Artifacts
from emulator.resource_manager.mlflow_registry import mlflow_application
from emulator.resources import Endpoint, Json, Workspace
from emulator.serving.data_collection import DataCollection, Destination
from emulator.serving.fleet import ProcessFleet
from emulator.serving.gateway import Gateway
from emulator.storage.azurite import SERVICES, Azurite, random_account_key

_SHUTDOWN_SECONDS = 1.0  # how long open requests may take when the cloud stops


class Cloud:
    """An async context manager: every service runs while it is entered."""

    def __init__(self, options: Options) -> None:
        self.options = options
        options.state.mkdir(parents=True, exist_ok=True)
        self.clock = PacedClock(options.speed, path=options.state / "clock")
        self.principal = Principal.generate()
        self.issuer = TokenIssuer(self.principal)
        self.workspace = Workspace(
            options.subscription,
            options.resource_group,
            options.workspace,
            options.region,
            str(uuid.uuid4()),
            options.workspace_storage_account,
            logs_every_endpoint=options.log_every_endpoint,
        )
        self.authority = CertificateAuthority(options.state)
        self.hosts = HostTable()
        self.port = 0
        accounts = (options.storage_account, options.workspace_storage_account)
        self._accounts = {name: random_account_key() for name in accounts}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with self._stack:
            await self._start()
            self._stack = self._stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def url(self) -> str:
        """The address of the proxy and of the admin API."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Return the environment variables that a client process needs."""
        return environment.client_environment(self.url, self.authority.bundle, self.principal)

    def description(self) -> Json:
        """Return the names that a client needs."""
        return {"proxy": self.url, **environment.description(self.options, self.clock, self.workspace)}

    def overview(self) -> Json:
        """Return the state, for people and tests."""
        return {
            **self.description(),
            "time": self.clock.now().isoformat(),
            "speed": self.clock.pace,
            "hosts": self.hosts.names(),
            "refused": self._proxy.refused,
            "functions": self.apps.url,
            "endpoints": {each.name: _overview(each) for each in self.workspace.endpoints.values()},
            "events": self._events(),
            "operations": [each.document() for each in self.manager.operations.known.values()],
        }

    async def _start(self) -> None:
        pacing = asyncio.create_task(self.clock.run())
        self._stack.callback(pacing.cancel)
        await self._start_storage()
        await self._start_proxy()
        self.storage = Storage(self._accounts, self.url, self.authority.bundle)
        await asyncio.to_thread(self._make_container)
        session = await self._stack.enter_async_context(ClientSession())
        self.apps = FunctionApps(session)
        self.event_grid = EventGrid(self.clock, EventGridOptions(seed=self.options.seed))
        self._stack.push_async_callback(self.event_grid.close)
        self.fleet = ProcessFleet(self.options.state / "containers", self.options.serving_python, self.clock)
        self._stack.push_async_callback(self.fleet.close)
        self._start_monitor()
        plane = self._control_plane()
        self.manager = plane.manager
        self._stack.push_async_callback(self.manager.operations.close)
        await self._serve("identity", r"login\.microsoft(online)?\.com", identity_application(self.issuer))
        await self._serve("resource manager", r"management\.azure\.com", self.manager.application())
        mlflow = mlflow_application(plane.assets, Artifacts(self.workspace, self.storage), self._accepts_for_arm)
        await self._serve("mlflow registry", rf"{self.options.region}\.api\.azureml\.ms", mlflow)
        await self._serve("scoring", rf"[a-z0-9-]+\.{self.options.region}\.inference\.ml\.azure\.com", self._gateway())
        logs = logs_application(
            self.traffic_log, self.workspace.guid, self.query_faults, self._accepts(audiences.LOG_ANALYTICS)
        )
        await self._serve("log analytics", r"api\.loganalytics\.(io|azure\.com)", logs)
        metrics = metrics_application(
            self.metrics, self.workspace, self.metrics_faults, self._accepts(audiences.METRICS)
        )
        await self._serve("metrics", rf"{self.options.region}\.metrics\.monitor\.azure\.com", metrics)
        await self._serve("function apps", r"[a-z0-9-]+\.azurewebsites\.net", self.apps.application())
        if self.options.functions:
            await self.set_functions(self.options.functions, self.options.event_key or "")
        self._proxy.admin_api = await self._server(admin_application(self))

    def _events(self) -> Json:
        history = self.event_grid.history
        return {
            "delivered": [each.event_id for each in history.attempts if each.delivered],
            "failed_attempts": sum(not each.delivered for each in history.attempts),
            "dead_letters": [{"event": each.event, "reason": each.reason} for each in history.dead_letters],
            "dropped": list(history.dropped),
        }

    async def set_functions(self, url: str | None, key: str) -> None:
        """Send events and requests for azurewebsites.net to the function host at `url`, or to none.

        Raises HandshakeError, and changes nothing, if the host does not answer Event Grid's handshake.
        """
        if url is None:
            await self.event_grid.unsubscribe()
        else:
            await self.event_grid.subscribe(url, key, self.workspace.id)
        self.apps.url = url

    @property
    def arm_faults(self) -> Faults:
        """How Azure Resource Manager fails; by default it does not."""
        return self.manager.faults

    def _start_monitor(self) -> None:
        origin = LogOptions(
            workspace=self.workspace.id,
            workspace_guid=self.workspace.guid,
            tenant=self.principal.tenant,
            location=self.options.region,
            seed=self.options.seed,
        )
        self.traffic_log = TrafficLog(
            self.clock,
            self.options.log_lag,
            origin,
            logged=lambda endpoint: diagnostics.logged(self.workspace, endpoint),
        )
        self.query_faults, self.metrics_faults = QueryFaults(), QueryFaults()
        self._stack.callback(self.traffic_log.close)
        # Metrics never arrive later than logs, even when the log lag is set to zero.
        self.metrics = metrics_store.MetricsStore(self.clock, min(metrics_store.LAG_SECONDS, self.options.log_lag))
        self.traffic_log.listeners.append(self.metrics.record)

    def _control_plane(self) -> ControlPlane:
        metrics = ResourceMetrics(self.metrics, self.workspace, self.metrics_faults)
        dependencies = Dependencies(self.clock, self.issuer, self.fleet, self.storage, self.event_grid.publish, metrics)
        options = self.options
        directory = options.state / "deployments"
        return control_plane(self.workspace, directory, options.durations, options.limits, dependencies)

    def _gateway(self) -> web.Application:
        collection = self._data_collection()
        self._stack.push_async_callback(collection.close)
        randomness = random.Random(self.options.seed)  # noqa: S311  # splits traffic; not for security
        record = self.traffic_log.record
        gateway = Gateway(self.workspace.endpoints, self.fleet, record, self.issuer, self.clock, randomness, collection)
        return gateway.application()

    def _data_collection(self) -> DataCollection:
        workspace = self.workspace
        destination = Destination(
            workspace.id,
            lambda: self.storage.container(workspace.storage_account, workspace.container),
            lambda data_id: data_folder(workspace, data_id),
        )
        return DataCollection(self.clock, destination, self.options.seed)

    def _accepts(self, audience: str) -> Callable[[str], bool]:
        return lambda token: self.issuer.accepts(token, audience)

    def _accepts_for_arm(self, token: str) -> bool:
        return any(self.issuer.accepts(token, audience) for audience in audiences.RESOURCE_MANAGER)

    async def _start_storage(self) -> None:
        hosts = [f"{account}.{service}.core.windows.net" for account in self._accounts for service in SERVICES]
        pair = self.authority.write_pair("storage", hosts)
        azurite = Azurite(self.options.state / "storage", self._accounts, *pair, home=self.options.azurite)
        self._stack.push_async_callback(azurite.stop)
        await azurite.start()
        accounts = "|".join(self._accounts)
        for service, port in azurite.ports.items():
            pattern = rf"(?:{accounts})\.{service}\.core\.windows\.net"
            self.hosts.add(pattern, Tunnel(f"{service} storage", port))

    async def _start_proxy(self) -> None:
        self._proxy = Proxy(self.hosts, self.authority)
        self._stack.push_async_callback(self._proxy.close)
        self.port = await self._proxy.start(self.options.port)

    async def _serve(self, name: str, pattern: str, application: web.Application) -> None:
        self.hosts.add(pattern, Service(name, await self._server(application)))

    async def _server(self, application: web.Application) -> web.Server:
        application.middlewares.append(acknowledge_head)
        runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        assert runner.server is not None  # noqa: S101  # for mypy: setup() created it
        return runner.server

    def _make_container(self) -> None:
        with self.storage.container(self.options.workspace_storage_account, self.workspace.container) as client:
            if not client.exists():
                client.create_container()


def _overview(endpoint: Endpoint) -> Json:
    deployments = {each.name: each.provisioning_state for each in endpoint.deployments.values()}
    return {
        "provisioning_state": endpoint.provisioning_state,
        "traffic": endpoint.traffic,
        "mirror_traffic": endpoint.mirror_traffic,
        "deployments": deployments,
    }
