"""The small Azure put together: every service, the names they have, and the order in which they start and stop.

It composes; what each service does is in its own package.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from aiohttp import ClientSession, web

from emulator import environment
from emulator.event_grid import EventGrid, EventGridOptions
from emulator.function_apps import FunctionApps
from emulator.identity.application import identity_application
from emulator.identity.tokens import Principal, TokenIssuer
from emulator.monitor import metrics, metrics_store
from emulator.monitor.faults import QueryFaults
from emulator.monitor.query import AUDIENCE, query_application
from emulator.monitor.traffic_log import LogOptions, TrafficLog
from emulator.network.acknowledgement import acknowledge_head
from emulator.network.certificates import CertificateAuthority
from emulator.network.hosts import HostTable, Service, Tunnel
from emulator.network.proxy import Proxy
from emulator.options import Options
from emulator.own_api import own_application
from emulator.paced_clock import PacedClock
from emulator.resource_manager.asset_files import Storage, data_folder
from emulator.resource_manager.control_plane import Surroundings, control_plane
from emulator.resource_manager.faults import Faults
from emulator.resource_manager.state import Workspace
from emulator.resources import Endpoint, Json
from emulator.serving.data_collection import DataCollection, Destination
from emulator.serving.fleet import ProcessFleet
from emulator.serving.gateway import Gateway
from emulator.storage.azurite import SERVICES, Azurite, made_up_key

_LEAVE_SECONDS = 1.0  # what open requests get when the cloud stops


class Cloud:
    """An async context manager: entered, every service runs; left, nothing of it does."""

    def __init__(self, options: Options) -> None:
        self.options = options
        options.state.mkdir(parents=True, exist_ok=True)
        self.clock = PacedClock(options.speed, path=options.state / "clock")
        self.principal = Principal.made_up()
        self.issuer = TokenIssuer(self.principal)
        self.workspace = Workspace(
            options.subscription,
            options.resource_group,
            options.workspace,
            options.region,
            str(uuid.uuid4()),
            options.workspace_storage_account,
        )
        self.authority = CertificateAuthority(options.state)
        self.hosts = HostTable()
        self.port = 0
        self._accounts = {name: made_up_key() for name in (options.storage_account, options.workspace_storage_account)}
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
        """The proxy's address, which is also that of the emulator's own API."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Return what a client process must have in its environment."""
        return environment.client_environment(self.url, self.authority.bundle, self.principal)

    def description(self) -> Json:
        """Return the names that a client needs."""
        return {"proxy": self.url, **environment.description(self.options, self.clock, self.workspace)}

    def overview(self) -> Json:
        """Return the state of things, for people and tests."""
        return {
            **self.description(),
            "time": self.clock.now().isoformat(),
            "speed": self.clock.pace,
            "hosts": self.hosts.names(),
            "refused": self._proxy.refused,
            "functions": self.apps.url,
            "endpoints": {each.name: _standing(each) for each in self.workspace.endpoints.values()},
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
        around = Surroundings(self.clock, self.issuer, self.fleet, self.storage, self.event_grid.publish)
        self._start_monitor()
        self.manager = control_plane(self.options, self.workspace, around)
        self._stack.push_async_callback(self.manager.operations.close)
        await self._serve("identity", r"login\.microsoft(online)?\.com", identity_application(self.issuer))
        await self._serve("resource manager", r"management\.azure\.com", self.manager.application())
        dice = random.Random(self.options.seed)  # noqa: S311  # splits traffic, guards nothing
        collection = self._data_collection()
        self._stack.push_async_callback(collection.close)
        gateway = Gateway(self.workspace.endpoints, self.fleet, self.traffic_log, self.issuer, dice, collection)
        await self._serve(
            "scoring", rf"[a-z0-9-]+\.{self.options.region}\.inference\.ml\.azure\.com", gateway.application()
        )
        logs = query_application(self.traffic_log, self.workspace.number, self.query_faults, self._opens_logs)
        await self._serve("log analytics", r"api\.loganalytics\.(io|azure\.com)", logs)
        counts = metrics.metrics_application(self.metrics, self.workspace, self.metrics_faults, self._opens_metrics)
        await self._serve("metrics", rf"{self.options.region}\.metrics\.monitor\.azure\.com", counts)
        await self._serve("function apps", r"[a-z0-9-]+\.azurewebsites\.net", self.apps.application())
        if self.options.functions:
            await self.set_functions(self.options.functions, self.options.event_key or "")
        self._proxy.own_api = await self._server(own_application(self))

    def _events(self) -> Json:
        history = self.event_grid.history
        return {
            "delivered": [each.event_id for each in history.attempts if each.delivered],
            "failed_attempts": sum(not each.delivered for each in history.attempts),
            "dead_letters": [{"event": each.event, "reason": each.reason} for each in history.dead_letters],
            "dropped": list(history.dropped),
        }

    async def set_functions(self, url: str | None, key: str) -> None:
        """Let Event Grid deliver to, and azurewebsites.net answer from, the function host at `url`; None: no host.

        Raises HandshakeError if the host does not answer Event Grid's handshake; then all stays as it was.
        """
        if url is None:
            await self.event_grid.unsubscribe()
        else:
            await self.event_grid.subscribe(url, key, self.workspace.id)
        self.apps.url = url

    @property
    def arm_faults(self) -> Faults:
        """How Azure Resource Manager fails; nothing unless asked."""
        return self.manager.faults

    def _start_monitor(self) -> None:
        origin = LogOptions(
            workspace=self.workspace.id,
            workspace_guid=self.workspace.number,
            tenant=self.principal.tenant,
            location=self.options.region,
            seed=self.options.seed,
        )
        self.traffic_log = TrafficLog(self.clock, self.options.log_lag, origin)
        self.query_faults, self.metrics_faults = QueryFaults(), QueryFaults()
        self._stack.callback(self.traffic_log.close)
        # Whoever asked for logs without lag gets metrics without: they are never the later ones.
        self.metrics = metrics_store.MetricsStore(self.clock, min(metrics_store.LAG_SECONDS, self.options.log_lag))
        self.traffic_log.listeners.append(self.metrics.note)

    def _data_collection(self) -> DataCollection:
        home = self.workspace
        destination = Destination(
            home.id,
            lambda: self.storage.container(home.storage_account, home.container),
            lambda data_id: data_folder(home, data_id),
        )
        return DataCollection(self.clock, destination, self.options.seed)

    def _opens_logs(self, token: str) -> bool:
        return self.issuer.accepts(token, AUDIENCE)

    def _opens_metrics(self, token: str) -> bool:
        return self.issuer.accepts(token, metrics.AUDIENCE)

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
        runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=_LEAVE_SECONDS)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        assert runner.server is not None  # noqa: S101  # set up means there is one; this tells mypy
        return runner.server

    def _make_container(self) -> None:
        with self.storage.container(self.options.workspace_storage_account, self.workspace.container) as client:
            if not client.exists():
                client.create_container()


def _standing(endpoint: Endpoint) -> Json:
    deployments = {each.name: each.provisioning_state for each in endpoint.deployments.values()}
    return {
        "provisioning_state": endpoint.provisioning_state,
        "traffic": endpoint.traffic,
        "mirror_traffic": endpoint.mirror_traffic,
        "deployments": deployments,
    }
