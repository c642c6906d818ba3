"""A cloud in which no policy adds settings: requests are logged only after an endpoint gets a diagnostic setting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from azure.identity import DefaultAzureCredential

from tests.cloud import exported, running_cloud
from tests.emulator.arm import Arm, endpoint_body

OPTIONS = ("--speed", "60", "--durations", "0.1", "--log-lag", "0", "--seed", "1")
LOGS = "https://api.loganalytics.io"


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Arm]:
    """Return a raw client of a separate cloud, with the endpoint `bare`."""
    with (
        running_cloud(tmp_path, *OPTIONS) as cloud,
        exported(cloud.environment),
        DefaultAzureCredential() as credential,
    ):
        arm = Arm(cloud, credential)
        with arm.session:
            arm.wait(arm.put("onlineEndpoints/bare", endpoint_body()))
            yield arm


def score(arm: Arm) -> int:
    """Send the endpoint a request without a key, and return the status; refused requests are logged, too."""
    return requests.post(arm.properties("onlineEndpoints/bare")["scoringUri"], json={}, timeout=60).status_code


def count(arm: Arm) -> requests.Response:
    """Ask for the number of rows of the request log."""
    token = arm.credential.get_token(f"{LOGS}/.default").token
    return requests.post(
        f"{LOGS}/v1/workspaces/{arm.cloud['log_analytics_workspace']}/query",
        json={"query": "AmlOnlineEndpointTrafficLog | count"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )


def test_without_a_setting_there_is_not_even_a_table(bare: Arm) -> None:
    """A request before the setting never appears; the first one after it does, and creates the table."""
    assert score(bare) == 401
    assert "SEM0100" in count(bare).text
    workspaces = bare.cloud.workspace_id.replace("MachineLearningServices", "OperationalInsights")
    place = f"https://management.azure.com{bare.cloud.workspace_id}/onlineEndpoints/bare"
    logs = {"category": "AmlOnlineEndpointTrafficLog", "enabled": True}
    body = {"properties": {"workspaceId": f"{workspaces}-logs", "logs": [logs]}}
    url = f"{place}/providers/microsoft.insights/diagnosticSettings/audit"
    assert bare.send("PUT", url, body, {"api-version": "2021-05-01-preview"}).status_code == 200
    assert score(bare) == 401
    assert count(bare).json()["tables"][0]["rows"] == [[1]]
