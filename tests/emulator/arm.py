"""A raw client for Azure Resource Manager: bodies are sent and returned unchanged."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import requests
from azure.core.credentials import TokenCredential

from tests.cloud import RunningCloud

API_VERSION = "2024-10-01"
PATIENCE = 300.0  # seconds


@dataclass(slots=True)
class Arm:
    """Requests below one workspace. `wait` follows an operation to its end, like the pollers of the SDKs."""

    cloud: RunningCloud
    credential: TokenCredential
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        """Send one request for `path` below the workspace."""
        url = f"https://management.azure.com{self.cloud.workspace_id}/{path}".rstrip("/")
        return self.send(method, url, body, {"api-version": API_VERSION})

    def send(
        self, method: str, url: str, body: dict[str, Any] | None = None, params: dict[str, str] | None = None
    ) -> requests.Response:
        """Send one request for `url`, with a token."""
        token = self.credential.get_token("https://management.azure.com/.default").token
        headers = {"Authorization": f"Bearer {token}"}
        return self.session.request(method, url, params=params, json=body, headers=headers, timeout=60)

    def put(self, path: str, body: dict[str, Any]) -> requests.Response:
        """Send a PUT, which must be accepted."""
        answer = self.call("PUT", path, body)
        assert answer.ok, answer.text
        return answer

    def wait(self, answer: requests.Response) -> dict[str, Any]:
        """Return the final status document of the operation that `answer` started."""
        deadline = time.monotonic() + PATIENCE
        while True:
            status = self.send("GET", answer.headers["Azure-AsyncOperation"])
            assert status.ok, status.text
            document: dict[str, Any] = status.json()
            if document["status"] != "InProgress":
                return document
            if time.monotonic() > deadline:
                raise TimeoutError(document)
            time.sleep(0.05)

    def error(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, str, str]:
        """Return the status, code and message of a request, which must be refused."""
        answer = self.call(method, path, body)
        assert not answer.ok, answer.text
        error = answer.json()["error"]
        return answer.status_code, error["code"], error["message"]

    def properties(self, path: str) -> dict[str, Any]:
        """Return the properties of a resource."""
        return dict(self.call("GET", path).json()["properties"])

    def key(self, endpoint: str) -> str:
        """Return the primary key of the endpoint at this path."""
        return str(self.call("POST", f"{endpoint}/listKeys").json()["primaryKey"])


def endpoint_body(**properties: Any) -> dict[str, Any]:  # noqa: ANN401  # any JSON
    """Return an endpoint's body with these properties."""
    return {"location": "westeurope", "properties": {"authMode": "Key", **properties}}


def deployment_body(model: str, code: str, /, capacity: int = 1, **properties: Any) -> dict[str, Any]:  # noqa: ANN401  # any JSON
    """Return a deployment's body with these assets (ARM ids) and properties."""
    return {
        "location": "westeurope",
        "sku": {"name": "Default", "capacity": capacity},
        "properties": {
            "endpointComputeType": "Managed",
            "model": model,
            "codeConfiguration": {"codeId": code, "scoringScript": "score.py"},
            "environmentId": "azureml://registries/azureml/environments/sklearn-1.5/versions/1",
            "instanceType": "Standard_DS3_v2",
            **properties,
        },
    }


def autoscale_setting(deployment: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401  # any JSON
    """Return an autoscale setting as `az monitor autoscale` writes it: two to five instances, depending on CPU load."""
    trigger = {
        "metricName": "CpuUtilizationPercentage",
        "metricResourceUri": deployment,
        "timeGrain": "PT1M",
        "statistic": "Average",
        "timeWindow": "PT5M",
        "timeAggregation": "Average",
        "operator": "GreaterThan",
        "threshold": 70,
        "dimensions": [],
        "dividePerInstance": False,
    }
    action = {"direction": "Increase", "type": "ChangeCount", "value": "1", "cooldown": "PT5M"}
    profile = {
        "name": "by load",
        "capacity": {"minimum": "2", "maximum": "5", "default": "2"},
        "rules": [{"metricTrigger": trigger, "scaleAction": action}],
    }
    given = {"enabled": True, "targetResourceUri": deployment, "profiles": [profile], **properties}
    return {"location": "westeurope", "tags": {"team": "risk"}, "properties": given}
