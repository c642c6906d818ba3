"""Platform metrics of real requests to the emulated cloud's deployments, through the real client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import requests
from azure.core.credentials import TokenCredential
from azure.monitor.querymetrics import MetricsClient

from shared.adapters.metrics import PlatformMetrics, RegionalMetrics, metrics_address
from shared.core.observation import DeploymentMinute
from shared.core.reconcile.plan import TelemetryQuery
from shared.core.telemetry import Window
from shared.errors import Temporary
from shared.ports import Fetch
from tests.adapters.workshop import POEM, Workshop
from tests.emulator.arm import deployment_body, endpoint_body
from tests.waiting import until

ENDPOINT = "metered"
MIRRORED_PER_CENT = 50


@dataclass(frozen=True, slots=True)
class Metered:
    """An endpoint whose blue has all traffic while half of it is mirrored to green."""

    workshop: Workshop
    client: MetricsClient

    def score(self, body: str, times: int, deployment: str | None = None) -> set[int]:
        """Send `times` requests and return their statuses."""
        arm = self.workshop.arm
        key = arm.call("POST", f"onlineEndpoints/{ENDPOINT}/listKeys").json()["primaryKey"]
        url = arm.call("GET", f"onlineEndpoints/{ENDPOINT}").json()["properties"]["scoringUri"]
        named = {"azureml-model-deployment": deployment} if deployment else {}
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **named}
        return {requests.post(url, body, headers=headers, timeout=60).status_code for _ in range(times)}

    def last_hours(self, *copied: str) -> dict[str, list[DeploymentMinute]]:
        """Return each deployment's minutes over the last hours of the cloud's clock."""
        now = datetime.fromisoformat(self.workshop.cloud.state()["time"])
        window = Window(now - timedelta(hours=6), now)
        traffic = PlatformMetrics(self.client, self.workshop.cloud.workspace_id, lambda _: copied)
        rows = traffic.minutes(ENDPOINT, window, window)
        return {name: [row for row in rows if row.deployment == name] for name in ("blue", "green")}


@pytest.fixture(scope="module")
def metered(workshop: Workshop, poems: str, credential: TokenCredential) -> Iterator[Metered]:
    """Return an endpoint created for these tests and deleted after them."""
    arm, cloud = workshop.arm, workshop.cloud
    arm.wait(arm.put(f"onlineEndpoints/{ENDPOINT}", endpoint_body()))
    body = deployment_body(f"{cloud.workspace_id}/models/{POEM}/versions/1", poems)
    for each in [arm.put(f"onlineEndpoints/{ENDPOINT}/deployments/{name}", body) for name in ("blue", "green")]:
        arm.wait(each)
    mirror = endpoint_body(traffic={"blue": 100}, mirrorTraffic={"green": MIRRORED_PER_CENT})
    arm.wait(arm.put(f"onlineEndpoints/{ENDPOINT}", mirror))
    with MetricsClient(metrics_address(cloud["region"]), credential, retry_total=1, retry_status=0) as client:
        yield Metered(workshop, client)
    arm.wait(arm.put(f"onlineEndpoints/{ENDPOINT}", endpoint_body(traffic={"blue": 100})))
    workshop.remove(ENDPOINT)


def sums(rows: list[DeploymentMinute]) -> tuple[int, int, int]:
    """Return the numbers of requests, bad requests and client errors over all minutes."""
    return sum(row.total for row in rows), sum(row.bad for row in rows), sum(row.client_errors for row in rows)


def test_requests_are_counted_by_deployment(metered: Metered) -> None:
    """Blue's requests are counted; mirrored requests to green appear only if its own metrics are read."""
    assert metered.score('{"a": 1}', 40) == {200}
    assert metered.score("no JSON", 3, "blue") == {424}
    until(lambda: sums(metered.last_hours()["blue"]) == (43, 3, 0))
    rows = metered.last_hours("green")
    assert metered.last_hours()["green"] == []
    total, refused, mistakes = sums(rows["green"])  # a copy is refused while a busy machine answers another
    assert mistakes == 0
    assert 0 < total - refused < 40
    for row in (*rows["blue"], *rows["green"]):
        assert row.percentiles is not None
        assert list(row.percentiles) == [50, 90, 95, 99]
        assert sorted(row.percentiles.values()) == list(row.percentiles.values())


def test_the_region_is_looked_up_when_metrics_are_first_read(metered: Metered) -> None:
    """An app that does not know the workspace's region asks Azure for it, once."""
    workspace, regions = metered.workshop, list[str]()

    def region() -> str:
        regions.append(workspace.endpoints.region())
        return regions[-1]

    now = datetime.fromisoformat(workspace.cloud.state()["time"])
    fetch = Fetch(ENDPOINT, TelemetryQuery(Window(now - timedelta(hours=6), now)))
    source = RegionalMetrics(region, lambda _: PlatformMetrics(metered.client, workspace.cloud.workspace_id))
    assert source.read(fetch, ()) == source.read(fetch, ())
    assert regions == [workspace.cloud["region"]]


def test_unavailable_metrics_are_an_error(metered: Metered) -> None:
    """An empty answer with an error code is not an endpoint without errors."""
    metered.workshop.cloud.set("metrics", mode="partial", remaining=1)
    with pytest.raises(Temporary, match="InternalServerError"):
        metered.last_hours()
