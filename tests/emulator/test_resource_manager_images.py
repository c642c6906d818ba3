"""Deployments by what runs them: an image alone is accepted, and a custom server is refused by name."""

from __future__ import annotations

import pytest

from emulator.arm_errors import ArmError
from emulator.resources import AssetContainer, Json
from tests.emulator.memory_plane import MemoryPlane

IMAGE = "example.azurecr.io/churn:4"
ROUTES = {"livenessRoute": {"path": "/live", "port": 8501}}


def plane(environment: Json, model: Json | None = None) -> MemoryPlane:
    """Return a control plane with the environment `churn` and the model `churn`, both with these properties."""
    created = MemoryPlane()
    created.workspace.assets["environments"]["churn"] = AssetContainer({}, {"4": {"properties": environment}})
    created.workspace.assets["models"]["churn"] = AssetContainer({}, {"4": {"properties": model or {}}})
    return created


def body(**properties: object) -> Json:
    """Return a managed deployment's body with these properties."""
    machine = {"endpointComputeType": "Managed", "instanceType": "STANDARD_F8S_V2"}
    return {"location": "x", "sku": {"name": "Default", "capacity": 1}, "properties": machine | properties}


def test_an_image_alone_is_accepted() -> None:
    """A deployment may have neither a model nor code: both can be part of its image."""
    created = plane({"image": IMAGE})
    assert created.put("blue", body(environmentId="azureml:churn:4")).status == 201
    assert created.show("blue")["properties"]["environmentId"] == "azureml:churn:4"


def test_nothing_to_run_is_refused() -> None:
    """A deployment without model, code and environment is refused, as in Azure."""
    with pytest.raises(ArmError, match="needs a model, a code configuration or an environment"):
        plane({}).put("blue", body())


@pytest.mark.parametrize(
    ("environment", "model", "named"),
    [
        ({"image": IMAGE, "inferenceConfig": ROUTES}, {}, f"The custom container {IMAGE}"),
        ({"build": {"contextUri": "https://example.com/context"}}, {}, "The Docker build of azureml:churn:4"),
        ({"image": IMAGE}, {"modelType": "triton_model"}, "NVIDIA Triton, for the model azureml:churn:4,"),
    ],
)
def test_servers_of_ones_own_are_refused_immediately(environment: Json, model: Json, named: str) -> None:
    """What cannot run here gets a 501 that names it, before any operation starts and before anything is stored."""
    created = plane(environment, model)
    with pytest.raises(ArmError, match=named) as refused:
        created.put("blue", body(environmentId="azureml:churn:4", model="azureml:churn:4"))
    assert (refused.value.status, created.workspace.endpoints["e"].deployments) == (501, {})


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("azureml://jobs/witty_fox_1/outputs/artifacts/paths/model", "An asset at azureml://jobs/witty_fox_1/"),
        ("runs:/4f2c/model", "An asset at runs:/4f2c/model"),
        ("azureml://datastores/lake/paths/churn", "The datastore lake"),
    ],
)
def test_a_model_that_nothing_here_can_read(address: str, named: str) -> None:
    """A job's output or another datastore can be registered, but deploying it is refused before it starts."""
    created = plane({"image": IMAGE}, {"modelUri": address, "modelType": "mlflow_model"})
    with pytest.raises(ArmError, match=named) as refused:
        created.put("blue", body(environmentId="azureml:churn:4", model="azureml:churn:4"))
    assert (refused.value.status, created.workspace.endpoints["e"].deployments) == (501, {})


def test_a_model_that_nothing_serves() -> None:
    """A custom model without a scoring script is refused, as in Azure, whatever its environment."""
    created = plane({"image": IMAGE}, {"modelType": "custom_model"})
    with pytest.raises(ArmError, match="MissingDriverProgram") as refused:
        created.put("blue", body(environmentId="azureml:churn:4", model="azureml:churn:4"))
    assert (refused.value.status, refused.value.code) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("given", "requests", "limits"),
    [
        ({}, {"cpu": "100m", "memory": "2Gi"}, {"cpu": "2", "memory": "2Gi"}),
        (
            {"containerResourceRequirements": {"containerResourceRequests": {"cpu": "0.3"}}},
            {"cpu": "0.3", "memory": "2Gi"},
            {"cpu": "2", "memory": "2Gi"},
        ),
        ({"instanceType": "large"}, {"cpu": "2", "memory": "8Gi"}, {"cpu": "4", "memory": "16Gi"}),
    ],
)
def test_resources_on_kubernetes(given: Json, requests: Json, limits: Json) -> None:
    """What a body omits is filled in from its instance type; Microsoft's client fails on a reply without it."""
    created = MemoryPlane(compute="/computes/kubernetes")
    script = {"codeConfiguration": {"scoringScript": "score.py"}}
    registry = "azureml://registries/azureml/environments/sklearn/versions/2"
    wanted = {"endpointComputeType": "Kubernetes", "environmentId": registry, **script, **given}
    created.put("blue", {"location": "x", "sku": {"name": "Default", "capacity": 1}, "properties": wanted})
    shown = created.show("blue")["properties"]
    assert shown["instanceType"] == given.get("instanceType", "defaultinstancetype")
    found = shown["containerResourceRequirements"]
    assert found == {"containerResourceRequests": requests, "containerResourceLimits": limits}
