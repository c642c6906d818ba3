"""The workspace as MLflow's model registry, with the requests that MLflow's clients send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.emulator.arm import Arm

NAMED = {"name": "from-mlflow"}
PROMPTS = "tag.`mlflow.prompt.is_prompt` != 'true'"  # MLflow adds this to every search


@dataclass(frozen=True, slots=True)
class Registry:
    """A client that sends requests as they are."""

    arm: Arm

    def call(self, method: str, path: str, /, token: str | None = None, **given: Any) -> requests.Response:  # noqa: ANN401  # any JSON
        """Send one request; a GET has its arguments in the query."""
        found = token or self.arm.credential.get_token("https://management.azure.com/.default").token
        product = "artifact" if path.startswith("artifacts/") else "mlflow"
        below = path if product == "artifact" else f"api/2.0/mlflow/{path}"
        url = f"https://westeurope.api.azureml.ms/{product}/v2.0{self.arm.cloud.workspace_id}/{below}"
        headers = {"Authorization": f"Bearer {found}"}
        if method == "GET":
            return requests.get(url, params=given, headers=headers, timeout=60)
        return requests.request(method, url, json=given, headers=headers, timeout=60)

    def answer(self, method: str, path: str, /, **given: Any) -> Any:  # noqa: ANN401  # as above
        """Return the answer to a request, which must be accepted."""
        answer = self.call(method, path, **given)
        assert answer.ok, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def registry(arm: Arm) -> Registry:
    """Return a registry in which a model has one version, with one file that was uploaded as MLflow uploads it."""
    client = Registry(arm)
    client.answer("POST", "registered-models/create", **NAMED, tags=[{"key": "team", "value": "risk"}])
    path = "artifacts/LocalUpload/first/batch/metadata"
    found = client.answer("POST", path, paths=[{"path": "model/MLmodel"}])["artifactContentInformation"]
    uploaded = requests.put(
        found["model/MLmodel"]["contentUri"], data=b"flavors: {}", headers={"x-ms-blob-type": "BlockBlob"}, timeout=60
    )
    assert uploaded.status_code == 201
    source = "azureml://artifacts/LocalUpload/first/model"
    client.answer("POST", "model-versions/create", **NAMED, source=source, description="the first")
    return client


def test_a_version_is_a_model_of_the_workspace(registry: Registry, arm: Arm) -> None:
    """It has MLflow's type, and its files are in the workspace's artifact store."""
    found = arm.properties("models/from-mlflow/versions/1")
    assert (found["modelType"], found["description"]) == ("mlflow_model", "the first")
    assert found["modelUri"].endswith("/datastores/workspaceartifactstore/paths/LocalUpload/first/model")
    uri = registry.answer("GET", "model-versions/get-download-uri", **NAMED, version="1")["artifact_uri"]
    assert uri == found["modelUri"]


def test_models_of_the_workspace_are_in_the_registry(registry: Registry, arm: Arm) -> None:
    """A model that another client registered is found, with its newest version."""
    uri = "azureml://datastores/workspaceblobstore/paths/elsewhere"
    for number in ("1", "2"):
        arm.put(f"models/from-elsewhere/versions/{number}", {"properties": {"modelUri": uri}})
    found = registry.answer("GET", "registered-models/get", name="from-elsewhere")["registered_model"]
    assert [each["version"] for each in found["latest_versions"]] == ["2"]
    newest = registry.answer("POST", "registered-models/get-latest-versions", name="from-elsewhere")
    assert newest["model_versions"] == found["latest_versions"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("name = 'from-mlflow'", True),
        ("name='from'", False),
        ("name LIKE 'from-m%'", True),
        ("name ilike 'FROM-M%' and tags.team = 'risk'", True),
        (PROMPTS, True),
        ("tags.team != 'risk'", False),
    ],
)
def test_search(registry: Registry, condition: str, *, expected: bool) -> None:
    """Models are found by name and tags."""
    models = registry.answer("GET", "registered-models/search", filter=condition).get("registered_models", [])
    assert ("from-mlflow" in [each["name"] for each in models]) is expected


def test_a_version_changes(registry: Registry) -> None:
    """A description, a tag and a stage can be changed."""
    version = {**NAMED, "version": "1"}
    registry.answer("PATCH", "model-versions/update", **version, description="better")
    registry.answer("POST", "model-versions/set-tag", **version, key="reviewed", value="yes")
    registry.answer("POST", "model-versions/transition-stage", **version, stage="Production")
    [found] = registry.answer("GET", "model-versions/search", filter="name='from-mlflow'")["model_versions"]
    assert (found["description"], found["current_stage"], found["status"]) == ("better", "Production", "READY")
    assert {"key": "reviewed", "value": "yes"} in found["tags"]


@pytest.mark.parametrize(
    ("method", "path", "given", "status", "code"),
    [
        ("POST", "registered-models/create", NAMED, 400, "RESOURCE_ALREADY_EXISTS"),
        ("GET", "registered-models/get", {"name": "none"}, 404, "RESOURCE_DOES_NOT_EXIST"),
        ("GET", "model-versions/get", {**NAMED, "version": "9"}, 404, "RESOURCE_DOES_NOT_EXIST"),
        ("POST", "model-versions/create", {**NAMED, "source": "runs:/1/model"}, 501, "NOT_IMPLEMENTED"),
        ("POST", "model-versions/create", {**NAMED, "source": "/a/folder"}, 400, "INVALID_PARAMETER_VALUE"),
        ("GET", "model-versions/search", {"filter": "run_id = '1'"}, 501, "NOT_IMPLEMENTED"),
        ("GET", "experiments/search", {}, 501, "NOT_IMPLEMENTED"),
        ("GET", "registered-models/get", {**NAMED, "token": "another"}, 401, "UNAUTHENTICATED"),
    ],
)
def test_refused(registry: Registry, method: str, path: str, given: Any, status: int, code: str) -> None:  # noqa: ANN401, PLR0917  # a table
    """Errors are MLflow's, and runs, experiments and other filters are refused by name."""
    answer = registry.call(method, path, **given)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)


def test_a_version_is_deleted(registry: Registry) -> None:
    """A deleted version is gone from the workspace too."""
    source = "azureml://datastores/workspaceblobstore/paths/model"
    created = registry.answer("POST", "model-versions/create", **NAMED, source=source)["model_version"]
    version = {**NAMED, "version": created["version"]}
    registry.answer("DELETE", "model-versions/delete", **version)
    assert registry.call("GET", "model-versions/get", **version).status_code == 404
    assert registry.arm.call("GET", f"models/from-mlflow/versions/{created['version']}").status_code == 404


def test_the_clouds(registry: Registry) -> None:
    """Clients read the hosts of the cloud before they have a token."""
    url = "https://management.azure.com/metadata/endpoints?api-version=2019-05-01"
    [found] = requests.get(url, timeout=60).json()
    assert (found["name"], registry.call("GET", "registered-models/search").ok) == ("AzureCloud", True)
