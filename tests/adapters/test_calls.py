"""Every call of docs/permissions.md is one that an adapter really sends.

Each adapter is used once, so that every row is covered. A refusal counts, because the request was sent: its outcome
is the subject of the other tests. That every call is on the page, too, is checked in all tests of this folder
(conftest.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import get_args

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobType, ContainerClient
from azure.storage.queue import QueueClient

from shared.adapters.answers import CollectedAnswers, Reader
from shared.adapters.clients import AzurePorts, connect_backlog, connect_store, connect_wakeups, connect_workspace
from shared.adapters.collection_places import CollectionPlaces
from shared.adapters.queues import QueueWakeups
from shared.adapters.table import Table
from shared.core.endpoint_id import EndpointId
from shared.core.observation import DeploymentMinute
from shared.core.policy import EndpointSpec, TemplateSource
from shared.core.reconcile.actions import (
    Action,
    CopyAutoscale,
    CreateDeployment,
    CreateEndpoint,
    DeleteDeployment,
    ScaleDeployment,
    SetMirror,
    SetTraffic,
    SwitchAutoscale,
)
from shared.core.rollout import ModelVersion
from shared.core.telemetry import TelemetryQuery, Window
from shared.core.telemetry.needs import Latency, Requests
from shared.core.telemetry.sources import LOGS
from shared.errors import TealError
from shared.policies.template import fill_template
from tests.adapters.calls import explained, recording
from tests.adapters.workshop import Workshop
from tests.emulator.arm import autoscale_setting
from tests.fakes import FakePolicies
from tests.waiting import until

ENDPOINT, WITH_TOKEN, BLUE = "called", "called-with-token", "blue"
ID = EndpointId("ml", ENDPOINT)
MODEL = ModelVersion("called", "1")
NOW = datetime.now(UTC)
HOUR = Window(NOW - timedelta(hours=1), NOW)
# Everything that azure-ai-ml sends something for: local code, an environment, a data collector.
TEMPLATE = """
model: azureml:${MODEL_NAME}:${MODEL_VERSION}
code_configuration: {code: code, scoring_script: score.py}
environment: {image: mcr.example/sklearn:1, conda_file: conda.yml}
instance_type: Standard_DS3_v2
instance_count: 1
data_collector: {collections: {response: {enabled: "True"}}}
"""
BUILT = TEMPLATE.replace("{image: mcr.example/sklearn:1, conda_file: conda.yml}", "{build: {path: context}}")
CREATIONS: tuple[Action, ...] = (
    CreateEndpoint(WITH_TOKEN, EndpointSpec("aml_token")),
    CreateDeployment(ENDPOINT, BLUE, MODEL, like="", source=TemplateSource("deployments/called.yml", None)),
    CreateDeployment(ENDPOINT, "built", MODEL, like="", source=TemplateSource("deployments/built.yml", None)),
)
CHANGES: tuple[Action, ...] = (
    CreateDeployment(ENDPOINT, "green", MODEL, like=BLUE),
    ScaleDeployment(ENDPOINT, BLUE, 2),
    CopyAutoscale(ENDPOINT, "green", like=BLUE),
    SwitchAutoscale(ENDPOINT, BLUE, enabled=False),
    SetTraffic(ENDPOINT, {}),
    SetMirror(ENDPOINT, {}),
)


@dataclass
class Templates(FakePolicies):
    """Policies that only fill in the templates of a folder."""

    folder: Path = Path()

    def filled_template(self, path: str, values: Mapping[str, str]) -> str:
        """Return a template's text with these values."""
        return fill_template((self.folder / path).read_text(encoding="utf-8"), values)


@dataclass(frozen=True, slots=True)
class Player:
    """Uses the adapters as the app connects them, on an endpoint whose deployment blue collects its answers."""

    workshop: Workshop
    ports: AzurePorts

    def each(self, *uses: Callable[[], object]) -> None:
        """Use adapters, whatever Azure answers."""
        for use in uses:
            with suppress(TealError):
                use()

    def orders(self, *actions: Action) -> None:
        """Give orders."""
        self.each(*(partial(self.gives, action) for action in actions))

    def gives(self, action: Action) -> bool:
        """Give an order; return whether Azure accepts it."""
        with suppress(TealError):
            self.ports.endpoints.order(action)
            return True
        return False

    def reads(self) -> None:
        """Read endpoints, models, quota and container logs."""
        endpoints, models = self.ports.endpoints, self.ports.models
        self.each(
            lambda: endpoints.see(ENDPOINT),
            lambda: endpoints.logs(ENDPOINT, BLUE, 5),
            lambda: endpoints.quota("Standard_DS3_v2"),
            lambda: models.tags(MODEL),
            lambda: models.versions(MODEL.name, NOW - timedelta(days=1)),
        )

    def scores(self) -> None:
        """Send smoke requests, with a key and with a token, and read the API description."""
        scoring, second = self.ports.scoring, timedelta(seconds=1)
        self.each(
            lambda: scoring.answers(ENDPOINT, BLUE, [b"{}"], second),
            lambda: scoring.answers(WITH_TOKEN, BLUE, [b"{}"], second),
            lambda: scoring.sample(ENDPOINT, BLUE),
        )

    def telemetry(self) -> None:
        """Read every source, and how requests reach the log."""
        telemetry = self.ports.telemetry
        by_metrics = TelemetryQuery(HOUR, Requests("metrics"), {"latency": (Latency("metrics"),)}, (BLUE,))
        self.each(
            lambda: telemetry.minutes(ENDPOINT, TelemetryQuery(HOUR)),
            lambda: telemetry.minutes(ENDPOINT, by_metrics),
            lambda: telemetry.path(ENDPOINT, LOGS.name),
            self._answers,
        )

    def _answers(self) -> None:
        places = CollectionPlaces(self.workshop.manager)
        place, row = places.of(ENDPOINT, BLUE), {"time": f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "data": 1, "xrequestid": "a"}
        with ContainerClient.from_container_url(place.container, credential=self.workshop.credential) as container:
            name = f"{place.folders[0]}/{NOW:{place.dated}}/one.jsonl"
            container.upload_blob(name, json.dumps(row).encode() + b"\n", blob_type=BlobType.APPENDBLOB)
        answers = CollectedAnswers(places.of, Reader(self.workshop.credential).open, lambda: NOW)
        answers.collected(ENDPOINT, BLUE, HOUR)

    def storage(self) -> None:
        """Use the records, the queue and the backlog, with and without existing tables and queues."""
        settings, credential = self.workshop.settings, self.workshop.credential
        blobs = settings.tables_endpoint.replace(".table.", ".blob.")
        store, wakeups = connect_store(settings, credential), connect_wakeups(settings, credential)
        with (
            TableServiceClient(settings.tables_endpoint, credential=credential) as tables,
            QueueClient(settings.queues_endpoint, "callers", credential=credential) as queue,
        ):
            self.each(
                lambda: Table(tables.get_table_client("callers")).put({"PartitionKey": "a", "RowKey": "b"}),
                lambda: store.mark_open(ID),
                store.open_endpoints,
                lambda: store.mark_closed(ID, str(store.open_mark(ID))),
                lambda: store.keep_minutes("called-1", [DeploymentMinute(BLUE, NOW, 1, 0)]),
                lambda: wakeups.wake(ID),
                lambda: QueueWakeups(queue).wake(ID),
                connect_backlog(replace(settings, blobs_endpoint=blobs), credential).counts,
            )


@pytest.fixture
def player(workshop: Workshop) -> Player:
    """Return the adapters, an endpoint, and a model without a file: its deployments can be created, but soon fail."""
    workshop.write("deployments/called.yml", TEMPLATE)
    workshop.write("deployments/built.yml", BUILT)
    workshop.write("deployments/context/Dockerfile", "FROM mcr.example/sklearn:1\n")
    uri = "azureml://datastores/workspaceblobstore/paths/nowhere"
    workshop.arm.put(f"models/{MODEL.name}/versions/{MODEL.version}", {"properties": {"modelUri": uri}})
    workshop.make_endpoint(ENDPOINT)
    workspace = replace(workshop.settings.workspace, region=workshop.cloud["region"])
    templates = Templates(folder=workshop.folder)
    return Player(workshop, connect_workspace(workspace, workshop.credential, templates, workshop.folder, lambda: NOW))


def scale_automatically(workshop: Workshop, deployment: str) -> None:
    """Give the deployment an autoscale setting, as its owner does."""
    target = f"{workshop.cloud.workspace_id}/onlineEndpoints/{ENDPOINT}/deployments/{deployment}"
    group = target.partition("/providers/")[0]
    url = f"https://management.azure.com{group}/providers/Microsoft.Insights/autoscalesettings/called"
    assert workshop.arm.send("PUT", url, autoscale_setting(target), {"api-version": "2022-10-01"}).ok


def test_every_call_that_is_explained_is_made(player: Player) -> None:
    """A row that no adapter sends would grant a permission for nothing."""
    last = DeleteDeployment(ENDPOINT, BLUE)
    assert {type(order) for order in (*CREATIONS, *CHANGES, last)} == set(get_args(Action))
    with recording() as calls:
        player.orders(*CREATIONS)
        scale_automatically(player.workshop, BLUE)
        player.orders(*CHANGES)
        player.reads()
        player.scores()
        player.telemetry()
        player.storage()
        until(lambda: player.gives(last))  # only an idle one can be deleted, then its autoscale settings
    assert explained() - calls == set()
