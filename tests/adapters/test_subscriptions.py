"""Workspaces in two subscriptions, served by one app: each port asks Azure only where its own workspace is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.adapters.clients import AzurePorts, connect_workspace
from shared.core.reconcile.actions import SetTraffic
from shared.core.rollout import ModelVersion
from shared.core.telemetry import TelemetryQuery, Window
from shared.core.telemetry.needs import Latency, Requests
from shared.errors import Temporary
from shared.settings import WorkspaceSettings, read_settings
from tests.adapters.stand_in import Credential, StandIn
from tests.fakes import FakeClock, FakePolicies

ARM = "https://management.azure.com"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = Window(NOW - timedelta(hours=1), NOW)
SETTINGS = {
    "TEAL_SUBSCRIPTION_ID": "one",
    "TEAL_RESOURCE_GROUP": "ml",
    "TEAL_WORKSPACE": "ml-west",
    "TEAL_REGION": "westeurope",
    "TEAL_LOGS_WORKSPACE_ID": "logs-west",
    "TEAL_TABLES_ENDPOINT": "https://t",
    "AzureWebJobsStorage__queueServiceUri": "https://q",
    "TEAL_WORKSPACES": '[{"id": "/subscriptions/two/resourceGroups/east/providers/'
    'Microsoft.MachineLearningServices/workspaces/ml-east", "region": "eastus", "logs_workspace_id": "logs-east"}]',
}


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace with an endpoint `churn`, as Azure has it. serving: its only deployment."""

    settings: WorkspaceSettings
    serving: str

    @property
    def group(self) -> str:
        """The address of its resource group."""
        return f"{ARM}/subscriptions/{self.settings.subscription_id}/resourceGroups/{self.settings.resource_group}"

    @property
    def addresses(self) -> tuple[str, ...]:
        """The prefixes of all addresses that belong to this workspace."""
        return (
            f"{ARM}{self.settings.arm_id}/",
            f"{self.group}/providers/Microsoft.Insights/",
            f"https://api.loganalytics.io/v1/workspaces/{self.settings.logs_workspace_id}/",
            f"https://{self.settings.region}.metrics.monitor.azure.com/subscriptions/{self.settings.subscription_id}/",
        )

    def known(self) -> dict[str, object]:
        """Return Azure's answers, by address."""
        endpoint = f"{ARM}{self.settings.arm_id}/onlineEndpoints/churn"
        traffic = {"properties": {"provisioningState": "Succeeded", "traffic": {self.serving: 100}}, "location": "x"}
        deployment = {"name": self.serving, "properties": {"provisioningState": "Succeeded", "model": "m"}}
        metrics = f"https://{self.settings.region}.metrics.monitor.azure.com"
        columns = [{"name": "TimeGenerated", "type": "datetime"}]
        return {
            endpoint: traffic,
            f"{endpoint}/deployments": {"value": [deployment]},
            f"{ARM}{self.settings.arm_id}/models/churn/versions/7": {"properties": {"tags": {"from": self.serving}}},
            f"{self.group}/providers/Microsoft.Insights/autoscalesettings": {"value": []},
            f"https://api.loganalytics.io/v1/workspaces/{self.settings.logs_workspace_id}/query": {
                "tables": [{"name": "PrimaryResult", "columns": columns, "rows": []}]
            },
            f"{metrics}/subscriptions/{self.settings.subscription_id}/metrics:getBatch": {"values": []},
        }


@pytest.fixture
def places(azure: StandIn) -> Iterator[dict[str, Place]]:
    """Return the two workspaces of the settings by name, after loading Azure's answers for both."""
    settings = read_settings(SETTINGS)
    found = {each.name: Place(each, f"{each.name}-6") for each in (settings.workspace, *settings.other_workspaces)}
    azure.know({address: body for place in found.values() for address, body in place.known().items()})
    yield found
    azure.known = {}


@pytest.mark.parametrize("name", ["ml-west", "ml-east"])
def test_each_workspace_is_reached_in_its_own_subscription(
    azure: StandIn, places: dict[str, Place], name: str, tmp_path: Path
) -> None:
    """Endpoints, traffic, models, autoscale settings, logs and metrics: no request goes to the other workspace."""
    place = places[name]
    ports = connect_workspace(place.settings, Credential(), FakePolicies(), tmp_path, FakeClock(NOW))
    use(ports)
    addresses = {request.url.partition("?")[0] for request in azure.asked}
    assert {address for address in addresses if not address.startswith(place.addresses)} == set()
    assert [start for start in place.addresses if not any(each.startswith(start) for each in addresses)] == []
    written = [request for request in azure.asked if request.method == "PUT"]
    assert [request.body["properties"]["traffic"] for request in written] == [{place.serving: 90, "green": 10}]


def use(ports: AzurePorts) -> None:
    """Read and write through every port, and check that the answers come from the same workspace."""
    seen = ports.endpoints.see("churn")
    assert seen is not None
    (serving,) = seen.deployments
    assert ports.models.tags(ModelVersion("churn", "7")) == {"from": serving}
    ports.endpoints.order(SetTraffic("churn", {serving: 90, "green": 10}))
    assert ports.endpoints.autoscaled("churn") == {}
    assert ports.telemetry.minutes("churn", TelemetryQuery(HOUR)).minutes == ()
    by_metrics = TelemetryQuery(HOUR, Requests("metrics"), {"latency": (Latency("metrics"),)}, (serving,))
    with pytest.raises(Temporary, match="0 returned"):  # Azure has no series for it here
        ports.telemetry.minutes("churn", by_metrics)
