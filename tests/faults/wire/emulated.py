"""The emulator's own handlers behind local sockets, at a schedule's time: resource manager, logs, scoring.

Operations end when the schedule says so. Deployments answer as the world says, without processes of their own.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, cast

from aiohttp import web
from azure.core.credentials import AccessToken
from azure.storage.blob import ContainerClient

from emulator.clock import VirtualClock
from emulator.identity.tokens import TokenIssuer, bearer_token
from emulator.monitor.faults import QueryFaults
from emulator.monitor.logs import logs_application
from emulator.monitor.metrics_store import MetricsStore
from emulator.monitor.resource_metrics import ResourceMetrics
from emulator.resource_manager import diagnostics, documents
from emulator.resource_manager.asset_files import Storage
from emulator.resource_manager.control_plane import Dependencies, control_plane
from emulator.resource_manager.settings import Durations, Limits
from emulator.resources import AssetContainer, Deployment, Endpoint, Json, Workspace
from tests.emulator.loop import Loop, serve
from tests.emulator.memory_plane import MemoryFleet
from tests.fakes import FakeClock, FakeScoring
from tests.faults.wire.counted_log import CountedLog
from tests.faults.wire.transport import ARM, LOGS, SCORING
from tests.scenarios.world import ENDPOINT

REGION = "westeurope"
CUSTOMER = "6f0c7a52-64f9-4c5b-9a2e-6a1b2c3d4e5f"
MODEL = "churn"
AGES_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FAR = 2**31
MODEL_STATUS = "ms-azureml-model-error-statuscode"


class HeldClock(VirtualClock):
    """A clock that stands still until the schedule moves it. released: whether operations may end."""

    def __init__(self, time: FakeClock) -> None:
        super().__init__()
        self.time, self.released = time, asyncio.Event()

    def now(self) -> datetime:
        """Return the time of the schedule."""
        return self.time()

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until the schedule lets operations end, whatever time it is then."""
        del moment
        await self.released.wait()


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """A credential whose tokens the emulator accepts."""

    issuer: TokenIssuer

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:  # noqa: ANN401  # as azure-core's protocol has it
        """Return a token for an audience."""
        return AccessToken(self.issuer.issue(scopes[0].removesuffix("/.default")), FAR)


class _EmptyBlobs:
    """A container with one empty file under every name."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...

    def list_blob_names(self, name_starts_with: str) -> list[str]:
        return [name_starts_with]

    def download_blob(self, _name: str) -> _EmptyBlobs:
        return self

    def readinto(self, _stream: BinaryIO) -> int:
        return 0


class EmptyFiles(Storage):
    """Storage in which every asset is an empty file."""

    def container(self, account: str, container: str) -> ContainerClient:
        """Return a container."""
        del account, container
        return cast("ContainerClient", _EmptyBlobs())


class Emulated:
    """One emulated workspace with one endpoint. places: the service and address of each host."""

    def __init__(self, loop: Loop, issuer: TokenIssuer, time: FakeClock, scoring: FakeScoring) -> None:
        self.clock, self.scoring, self._loop = HeldClock(time), scoring, loop
        self.workspace = Workspace("s", "g", "w", REGION, CUSTOMER, "account")
        self.log = CountedLog(self.clock)
        metrics = ResourceMetrics(MetricsStore(self.clock, 0.0), self.workspace, QueryFaults())
        self._folder = TemporaryDirectory()
        directory = Path(self._folder.name)
        files = EmptyFiles({}, "", directory)
        needed = Dependencies(self.clock, issuer, MemoryFleet(), files, _unpublished, metrics)
        self.manager = control_plane(self.workspace, directory, Durations(), Limits(), needed).manager
        applications = {
            "management.azure.com": (ARM, self.manager.application()),
            "api.loganalytics.io": (LOGS, logs_application(self.log, CUSTOMER)),
            f"{ENDPOINT}.{REGION}.inference.ml.azure.com": (SCORING, self._scoring()),
        }
        self._runners: list[web.AppRunner] = []
        self.places = {name: (kind, loop.run(self._served(made))) for name, (kind, made) in applications.items()}

    @property
    def busy(self) -> bool:
        """Whether any operation is in progress."""
        return any(each.ended is None for each in self.manager.operations.known.values())

    def register(self, version: str) -> None:
        """Register a version of the model; versions are created in the order of their numbers."""
        models = self.workspace.assets["models"].setdefault(MODEL, AssetContainer({}))
        uri = f"azureml://datastores/workspaceblobstore/paths/{version}"
        created = AGES_AGO + timedelta(minutes=int(version))
        models.versions[version] = documents.with_system_data({"properties": {"modelUri": uri}}, created)

    def endpoint(self) -> Endpoint | None:
        """Return the endpoint as it really is."""
        return self.workspace.endpoints.get(ENDPOINT)

    def create(self, deployments: dict[str, int], traffic: dict[str, int]) -> None:
        """Create the endpoint with ready deployments, each with this many instances and named after its model."""
        made = self._dated({"location": REGION, "properties": {"authMode": "Key", "traffic": traffic}})
        endpoint = Endpoint(ENDPOINT, made, "primary", "secondary", "Succeeded")
        endpoint.diagnostics.update(diagnostics.by_policy(self.workspace))
        for name, instances in deployments.items():
            properties = {
                "endpointComputeType": "Managed",
                "instanceType": "Standard_DS3_v2",
                "model": f"{self.workspace.id}/models/{MODEL}/versions/{name.rpartition('-')[2]}",
                "codeConfiguration": {"scoringScript": "score.py"},
                "environmentId": "azureml://registries/azureml/environments/sklearn/versions/1",
            }
            sku = {"name": "Default", "capacity": instances}
            body = self._dated({"location": REGION, "sku": sku, "properties": properties})
            endpoint.deployments[name] = Deployment(ENDPOINT, name, body, "Succeeded")
        self.workspace.endpoints[ENDPOINT] = endpoint

    def finish(self) -> None:
        """Let every operation end."""
        if self.busy:
            self._loop.run(self._finished())

    def close(self) -> None:
        """Stop serving."""
        for runner in self._runners:
            self._loop.run(runner.cleanup())
        self.log.close()
        self._folder.cleanup()

    async def _finished(self) -> None:
        self.clock.released.set()
        await self.manager.operations.settle()
        self.clock.released.clear()

    async def _served(self, application: web.Application) -> str:
        runner, address = await serve(application)
        self._runners.append(runner)
        return address

    def _scoring(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/score", self._score)
        return application

    async def _score(self, request: web.Request) -> web.Response:
        """Answer as the deployment that the request's header names."""
        endpoint, name = self.endpoint(), request.headers.get("azureml-model-deployment", "")
        if endpoint is None or bearer_token(request.headers.get("Authorization")) != endpoint.primary_key:
            return web.Response(status=401)
        if name not in endpoint.deployments:
            return web.Response(status=404)
        (answer,) = self.scoring.answers(ENDPOINT, name, (await request.read(),), timedelta(seconds=1))
        if answer.status == 200:
            return web.Response(text=answer.text)
        return web.Response(status=424, text=answer.text, headers={MODEL_STATUS: str(answer.status)})

    def _dated(self, body: Json) -> Json:
        return documents.with_system_data(body, self.clock.now())


async def _unpublished(event: Json) -> None:
    """Publish no event: the schedule delivers them."""
    del event
