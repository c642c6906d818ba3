"""All real parts together: the emulated Azure, a serving endpoint, live traffic, and the function app's host."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cli.demo.samples import Sample, SampleFile
from cli.demo.traffic import KEY, TRAFFIC_COMMAND
from tests.cloud import ROOT, RunningCloud

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

HERE = Path(__file__).resolve().parent
ENDPOINTS = ("mortal", "doomed", "hostile", "worked")
RATE = 40  # requests per minute of the cloud's clock


@dataclass
class Stage:
    """An emulated Azure from an ML engineer's point of view. `folder` is for files that are uploaded or written."""

    cloud: RunningCloud
    folder: Path

    @cached_property
    def ml(self) -> MLClient:
        """Microsoft's client for the workspace."""
        from azure.identity import DefaultAzureCredential  # noqa: PLC0415  # the environment must lead to the cloud

        names = [self.cloud[name] for name in ("subscription", "resource_group", "workspace")]
        client: MLClient = imported("azure.ai.ml").MLClient(DefaultAzureCredential(), *names)
        return client

    @property
    def app_settings(self) -> dict[str, str]:
        """The function app's settings: Azure's, a fast clock, and the policies of these tests."""
        account = self.cloud["storage_account"]
        return self.cloud.environment | {
            "TEAL_SUBSCRIPTION_ID": self.cloud["subscription"],
            "TEAL_RESOURCE_GROUP": self.cloud["resource_group"],
            "TEAL_WORKSPACE": self.cloud["workspace"],
            "TEAL_REGION": self.cloud["region"],
            "TEAL_LOGS_WORKSPACE_ID": self.cloud["log_analytics_workspace"],
            "TEAL_TABLES_ENDPOINT": f"https://{account}.table.core.windows.net",
            "AzureWebJobsStorage__queueServiceUri": f"https://{account}.queue.core.windows.net",
            "TEAL_POLICIES": str(self._policies),
            "TEAL_CLOCK": self.cloud["clock"],
        }

    @cached_property
    def _policies(self) -> Path:
        """A folder with a policy for each endpoint of these tests: the same for most, a special one for some."""
        folder = self.folder / "policies"
        shutil.copytree(HERE / "policies", folder)
        shutil.copy(HERE / "smoke.jsonl", folder)
        text = (HERE / "policy.yml").read_text(encoding="utf-8")
        for endpoint in ENDPOINTS:
            (folder / f"{endpoint}.yml").write_text(text.replace("ENDPOINT", endpoint), encoding="utf-8")
        return folder

    def serve(self, name: str, *, collects: bool = False, workers: int = 1, **conduct: int) -> None:
        """Create an endpoint with all traffic on version 1 of the model of the same name, which never fails.

        collects: whether its answers are collected. workers: how many requests it answers concurrently. conduct: how
        the model answers, see `scoring/score.py`.
        """
        made = imported("azure.ai.ml.entities")
        endpoint = made.ManagedOnlineEndpoint(name=name, auth_mode="key")
        self.ml.online_endpoints.begin_create_or_update(endpoint).result()
        self.register(name, **conduct)
        collections = {"response": made.DeploymentCollection(enabled="true")}
        deployment = made.ManagedOnlineDeployment(
            name=f"{name}-1",
            endpoint_name=name,
            model=f"azureml:{name}:1",
            code_configuration=made.CodeConfiguration(code=str(HERE / "scoring"), scoring_script="score.py"),
            environment="azureml://registries/azureml/environments/sklearn-1.5/versions/36",
            instance_type="Standard_DS2_v2",
            instance_count=1,
            data_collector=made.DataCollector(collections=collections) if collects else None,
            environment_variables={"WORKER_COUNT": str(workers)},
            # A busy machine may respond late, which is not the version's fault.
            request_settings=made.OnlineRequestSettings(
                request_timeout_ms=60_000, max_concurrent_requests_per_instance=1000
            ),
        )
        self.ml.online_deployments.begin_create_or_update(deployment).result()
        endpoint.traffic = {deployment.name: 100}
        self.ml.online_endpoints.begin_create_or_update(endpoint).result()

    def register(self, model: str, **conduct: int) -> str:
        """Register the next version of a model with this conduct (see `scoring/score.py`); return the version."""
        file = self.folder / "model.json"
        file.write_text(json.dumps({**conduct, "name": model}), encoding="utf-8")
        registered = self.ml.models.create_or_update(imported("azure.ai.ml.entities").Model(name=model, path=file))
        return str(registered.version)

    def standing(self, endpoint: str) -> tuple[dict[str, int], dict[str, str]]:
        """Return the endpoint's live traffic and its deployments' states, as reported by Azure."""
        seen = self.cloud.state()["endpoints"][endpoint]
        return {name: share for name, share in seen["traffic"].items() if share}, seen["deployments"]

    @contextmanager
    def traffic(self, endpoint: str, rate: int = RATE) -> Iterator[SampleFile]:
        """Send `rate` requests per minute of live traffic during the block; yield their outcomes."""
        requests, samples = self.folder / f"{endpoint}.jsonl", self.folder / f"{endpoint}.txt"
        requests.write_text("".join(json.dumps({"number": n}) + "\n" for n in range(100)), encoding="utf-8")
        uri = str(self.ml.online_endpoints.get(endpoint).scoring_uri)
        key = str(self.ml.online_endpoints.get_keys(endpoint).primary_key)
        command = [*TRAFFIC_COMMAND, uri, str(requests), str(samples), str(rate)]
        environment = os.environ | self.cloud.environment | {KEY: key, "TEAL_CLOCK": self.cloud["clock"]}
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, env=environment) as process:  # noqa: S603  # ours
            try:
                yield SampleFile(samples)
            finally:
                process.terminate()

    def history_rows(self, endpoint: str) -> list[str]:
        """Return the row keys of an endpoint's history in Table Storage."""
        from azure.data.tables import TableServiceClient  # noqa: PLC0415  # the environment must lead to the cloud
        from azure.identity import DefaultAzureCredential  # noqa: PLC0415  # as above

        address = self.app_settings["TEAL_TABLES_ENDPOINT"]
        asked = "PartitionKey eq @endpoint and RowKey ge 'event~' and RowKey lt 'event~~'"
        with DefaultAzureCredential() as credential, TableServiceClient(address, credential=credential) as service:
            table = service.get_table_client("rollouts")
            partition = f"{self.cloud['workspace']}:{endpoint}"
            rows = table.query_entities(asked, parameters={"endpoint": partition}, select=["RowKey"])
            return sorted(str(row["RowKey"]) for row in rows)


def imported(module: str) -> ModuleType:
    """Import a module of azure-ai-ml. This takes a second, so it must not happen during test collection."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations in its dependencies
        return import_module(module)


def failed(samples: SampleFile) -> list[Sample]:
    """Return the requests that failed."""
    return [sample for sample in samples.read() if sample.failed]


def history_text(rollout: dict[str, Any]) -> str:
    """Return a rollout's history as text, for the message of a failed test."""
    return "\n".join(f"{each['at']} {each['from']} -> {each['to']}: {each['summary']}" for each in rollout["history"])
