"""A client of Azure Resource Manager with nothing between test and wire: bodies go out and come in as they are."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import requests
from azure.core.credentials import TokenCredential

from tests.cloud import RunningCloud

API_VERSION = "2024-10-01"
PATIENCE = 300.0


@dataclass(slots=True)
class Arm:
    """Calls below one workspace. `wait` follows an operation to its end, as every SDK's poller does."""

    cloud: RunningCloud
    credential: TokenCredential
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        """Send one request for `path` below the workspace."""
        url = f"https://management.azure.com{self.cloud.workspace_id}/{path}".rstrip("/")
        token = self.credential.get_token("https://management.azure.com/.default").token
        headers = {"Authorization": f"Bearer {token}"}
        params = {"api-version": API_VERSION}
        return self.session.request(method, url, params=params, json=body, headers=headers, timeout=60)

    def put(self, path: str, body: dict[str, Any]) -> requests.Response:
        """PUT, which must be accepted."""
        answer = self.call("PUT", path, body)
        assert answer.ok, answer.text
        return answer

    def wait(self, answer: requests.Response) -> dict[str, Any]:
        """Return the last status document of the operation that `answer` began."""
        deadline = time.monotonic() + PATIENCE
        while (document := self._get(answer.headers["Azure-AsyncOperation"]))["status"] == "InProgress":
            if time.monotonic() > deadline:
                raise TimeoutError(document)
            time.sleep(0.05)
        return document

    def error(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, str, str]:
        """Return status, code and message of a request that must be refused."""
        answer = self.call(method, path, body)
        assert not answer.ok, answer.text
        error = answer.json()["error"]
        return answer.status_code, error["code"], error["message"]

    def _get(self, url: str) -> dict[str, Any]:
        token = self.credential.get_token("https://management.azure.com/.default").token
        answer = self.session.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        assert answer.ok, answer.text
        return dict(answer.json())


def endpoint_body(**properties: Any) -> dict[str, Any]:  # noqa: ANN401  # any JSON
    """Return an endpoint's body with these properties."""
    return {"location": "westeurope", "properties": {"authMode": "Key", **properties}}


def deployment_body(model: str, code: str, /, capacity: int = 1, **properties: Any) -> dict[str, Any]:  # noqa: ANN401  # any JSON
    """Return a deployment's body: the assets named by their ARM ids, and these properties besides."""
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
