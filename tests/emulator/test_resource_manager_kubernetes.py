"""Kubernetes online endpoints: created by Microsoft's client from `az ml` YAML, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cloud import RunningCloud
from tests.emulator.arm import Arm, deployment_body, endpoint_body
from tests.emulator.assets import Assets, write_project

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


ENDPOINT_YAML = """
$schema: https://azuremlschemas.azureedge.net/latest/kubernetesOnlineEndpoint.schema.json
name: on-cluster
compute: azureml:kubernetes
auth_mode: aml_token
"""
DEPLOYMENT_YAML = """
$schema: https://azuremlschemas.azureedge.net/latest/kubernetesOnlineDeployment.schema.json
type: kubernetes
name: blue
endpoint_name: on-cluster
instance_type: large
instance_count: 2
resources:
  requests: {cpu: "0.1", memory: "0.2Gi"}
  limits: {cpu: "0.5", memory: "0.5Gi"}
scale_settings:
  type: target_utilization
  min_instances: 1
  max_instances: 3
  polling_interval: 10
  target_utilization_percentage: 70
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an `az ml` user's project."""
    write_project(tmp_path, ENDPOINT_YAML, DEPLOYMENT_YAML)
    return tmp_path


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the client's use of marshmallow
def test_from_yaml(ml: MLClient, folder: Path, cloud: RunningCloud) -> None:
    """An endpoint and a deployment are loaded from YAML, run two processes, serve with a token, and are deleted."""
    from azure.ai.ml import load_online_deployment, load_online_endpoint  # noqa: PLC0415  # takes a second

    endpoint = ml.online_endpoints.begin_create_or_update(load_online_endpoint(folder / "endpoint.yml")).result()
    assert (endpoint.compute, endpoint.kind) == (f"{cloud.workspace_id}/computes/kubernetes", "K8S")
    blue = ml.online_deployments.begin_create_or_update(load_online_deployment(folder / "deployment.yml")).result()
    assert (blue.instance_count, blue.instance_type, blue.type) == (2, "large", "Kubernetes")
    assert (blue.resources.requests.cpu, blue.resources.limits.memory) == ("0.1", "0.5Gi")
    assert (blue.scale_settings.max_instances, blue.scale_settings.target_utilization_percentage) == (3, 70)
    endpoint.traffic = {"blue": 100}
    assert ml.online_endpoints.begin_create_or_update(endpoint).result().traffic == {"blue": 100}
    # Name the deployment explicitly: the client keeps sending the last deployment name that it was given.
    answer = ml.online_endpoints.invoke("on-cluster", request_file=folder / "request.json", deployment_name="blue")
    assert json.loads(answer) == {"word": "hello", "asked": {"x": 1}}
    ml.online_endpoints.begin_delete("on-cluster").result()


def test_the_cluster(ml: MLClient, cloud: RunningCloud) -> None:
    """The attached cluster can be found by name and in the list, with its namespace."""
    found = ml.compute.get(cloud["kubernetes_compute"])
    assert (found.type.lower(), found.namespace, found.provisioning_state) == ("kubernetes", "default", "Succeeded")
    assert [each.name for each in ml.compute.list()] == ["kubernetes"]


@pytest.fixture(scope="module")
def path(arm: Arm, cloud: RunningCloud) -> str:
    """Return the path of an endpoint on the cluster."""
    arm.wait(arm.put("onlineEndpoints/cluster", kubernetes_endpoint(cloud)))
    return "onlineEndpoints/cluster"


def kubernetes_endpoint(cloud: RunningCloud, **properties: object) -> dict[str, Any]:
    """Return an endpoint's body with the cluster as its compute."""
    return endpoint_body(compute=f"{cloud.workspace_id}/computes/kubernetes", **properties)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"mirrorTraffic": {"green": 10}}, "managed online endpoints only"),
        ({"authMode": "AADToken"}, "Key or AMLToken"),
        ({"compute": "nowhere"}, "cannot be changed"),
        ({"compute": None}, "cannot be changed"),
    ],
)
def test_endpoint_refused(arm: Arm, cloud: RunningCloud, path: str, properties: dict[str, Any], expected: str) -> None:
    """Mirroring, Entra tokens and another compute are refused on the cluster."""
    body = kubernetes_endpoint(cloud)
    status, _, message = arm.error("PUT", path, body | {"properties": body["properties"] | properties})
    assert (status, expected in message) == (400, True)


def test_unknown_cluster(arm: Arm) -> None:
    """An endpoint on a cluster that is not attached is refused."""
    status, code, _ = arm.error("PUT", "onlineEndpoints/elsewhere", endpoint_body(compute="/computes/other"))
    assert (status, code) == (400, "ResourceNotFound")


KUBERNETES = {"endpointComputeType": "Kubernetes", "instanceType": None}


@pytest.mark.parametrize(
    ("endpoint", "properties", "expected"),
    [
        ("cluster", {}, "endpointComputeType is managed"),
        ("served", KUBERNETES, "endpointComputeType is kubernetes"),
        ("cluster", KUBERNETES | {"instanceType": "Standard_DS3_v2"}, "has no instance type"),
        ("cluster", KUBERNETES | {"requestSettings": {"requestTimeout": "PT301S"}}, "at most 300 seconds, not 301"),
        (
            "cluster",
            KUBERNETES | {"containerResourceRequirements": {"containerResourceLimits": {"cpu": "much"}}},
            "not a valid quantity",
        ),
        (
            "cluster",
            KUBERNETES | {"scaleSettings": {"scaleType": "TargetUtilization", "minInstances": 3, "maxInstances": 2}},
            "minInstances is greater",
        ),
    ],
)
@pytest.mark.usefixtures("path", "served")
def test_deployment_refused(arm: Arm, assets: Assets, endpoint: str, properties: dict[str, Any], expected: str) -> None:
    """A deployment must be of its endpoint's kind, and have what that kind requires."""
    body = deployment_body(assets.model, assets.echo, **properties)
    status, _, message = arm.error("PUT", f"onlineEndpoints/{endpoint}/deployments/refused", body)
    assert (status, expected in message) == (400, True)
