"""The bodies that the adapters PUT, written as Bicep resources: Azure's published types have all of it, as written."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from shared.adapters.arm import API_VERSION, AUTOSCALE_API_VERSION, ResourceManager, arm_pipeline
from shared.adapters.endpoints import ArmEndpoints
from shared.adapters.templates import DeploymentTemplates
from shared.core.policy import EndpointSpec, TemplateSource
from shared.core.reconcile.actions import (
    Action,
    CopyAutoscale,
    CreateDeployment,
    CreateEndpoint,
    SetMirror,
    SetTraffic,
    SwitchAutoscale,
)
from shared.core.rollout import ModelVersion
from shared.settings import WorkspaceSettings
from tests.adapters.arm_documents import IDENTITY, WORKSPACE, Json, deployment, endpoint
from tests.adapters.stand_in import Credential, Reply, StandIn
from tests.emulator.arm import autoscale_setting

BICEP = shutil.which("bicep")
pytestmark = pytest.mark.skipif(BICEP is None, reason="the Bicep compiler is not on the PATH")
# In the form of Azure's types: `compute` is an ARM id, and both kinds of identity are written without a space.
SHOWN = endpoint(compute=f"{WORKSPACE}/computes/aks") | {
    "identity": {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {IDENTITY: {"principalId": "p"}}}
}
TEMPLATE = """
name: x
endpoint_name: churn
model: azureml:churn-model:7
environment: azureml:sklearn:3
instance_type: Standard_DS3_v2
instance_count: 1
request_settings: {request_timeout_ms: 7000, max_concurrent_requests_per_instance: 3}
liveness_probe: {initial_delay: 11, period: 12, timeout: 3, success_threshold: 1, failure_threshold: 31}
"""
VERSION = ModelVersion("churn-model", "7")
KUBERNETES: Json = {
    "endpointComputeType": "Kubernetes",
    "containerResourceRequirements": {"containerResourceLimits": {"cpu": "1", "memory": "1Gi"}},
    "scaleSettings": {"scaleType": "TargetUtilization", "maxInstances": 4, "pollingInterval": "PT10S"},
}
# Each order, and Azure's responses before the PUT.
AUTOSCALE = {
    "value": [
        autoscale_setting(f"{WORKSPACE}/onlineEndpoints/churn/deployments/churn-6")
        | {"id": "/x", "name": "by-load", "type": "Microsoft.Insights/autoscaleSettings"}
    ]
}
ORDERS: dict[str, tuple[Action, list[Json]]] = {
    "create an endpoint": (CreateEndpoint("churn", EndpointSpec("key")), [{}, {"location": "westeurope"}]),
    "create an endpoint with identities": (
        CreateEndpoint("churn", EndpointSpec("aad_token", ("system", IDENTITY))),
        [{}, {"location": "westeurope"}],
    ),
    "set traffic": (SetTraffic("churn", {"churn-6": 90, "churn-7": 10}), [SHOWN]),
    "set the mirror": (SetMirror("churn", {"churn-7": 20}), [SHOWN]),
    "copy a deployment": (CreateDeployment("churn", "churn-7", VERSION, "churn-6", instances=2), [deployment()]),
    "copy a Kubernetes deployment": (
        CreateDeployment("churn", "churn-7", VERSION, "churn-6"),
        [deployment(**KUBERNETES)],
    ),
    "create from a template": (
        CreateDeployment("churn", "churn-7", VERSION, "", TemplateSource("churn.yml")),
        [endpoint()],
    ),
    "copy autoscale settings": (CopyAutoscale("churn", "churn-7", "churn-6"), [AUTOSCALE]),
    "disable autoscale settings": (SwitchAutoscale("churn", "churn-6", enabled=False), [AUTOSCALE]),
}


def bicep_value(value: object) -> str:
    """Return JSON as a Bicep literal."""
    if isinstance(value, dict):
        return "{\n" + "".join(f"{bicep_value(str(key))}: {bicep_value(item)}\n" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[\n" + "".join(f"{bicep_value(item)}\n" for item in value) + "]"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${") + "'"
    return json.dumps(value)


def resource(url: str, body: Json, place: int = 0) -> str:
    """Return a PUT as the type and body of a Bicep resource. place: makes its name unique in the file."""
    below = url.rpartition("/providers/")[2].partition("?")[0].split("/")
    kind, names = "/".join([below[0], *below[1::2]]), "/".join(below[2::2])
    version = AUTOSCALE_API_VERSION if kind.startswith("Microsoft.Insights") else API_VERSION
    return f"'{kind}@{version}' = {bicep_value({'name': f'{names}{place}'} | body)}\n"


def warnings(resources: list[str], folder: Path) -> list[str]:
    """Return the compiler's warnings. The linter is off, because it is about templates, not bodies."""
    (folder / "bicepconfig.json").write_text(json.dumps({"analyzers": {"core": {"enabled": False}}}))
    text = "".join(f"resource r{place} {each}" for place, each in enumerate(resources))
    (folder / "bodies.bicep").write_text(text)
    command = [str(BICEP), "build", str(folder / "bodies.bicep"), "--stdout"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # found on the PATH
    return [line.partition(" : ")[2] for line in done.stderr.splitlines() if line.strip()]


@pytest.fixture
def endpoints() -> ArmEndpoints:
    """Return the adapter, built as for the app."""
    manager = ResourceManager(arm_pipeline(Credential(), connect_seconds=5, read_seconds=5), WORKSPACE)
    settings = WorkspaceSettings("00000000-0000-0000-0000-000000000001", "ml", "churn-ws", "logs")
    templates = DeploymentTemplates(settings, Credential(), lambda *_: TEMPLATE, Path(), retry_total=1, retry_status=0)
    return ArmEndpoints(manager, templates)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the client's use of marshmallow
def test_azures_types_have_everything_that_is_put(endpoints: ArmEndpoints, azure: StandIn, tmp_path: Path) -> None:
    """All bodies at once, because the compiler takes seconds to start."""
    written: list[str] = []
    for order, (action, answers) in ORDERS.items():
        replies = [Reply(200 if answer else 404, answer or {"error": {"code": "NotFound"}}) for answer in answers]
        azure.answer(*replies, *([replies[-1]] if "template" in order else [Reply(201, {})]))
        endpoints.order(action)
        put = azure.asked[-1]
        assert put.method == "PUT", order
        written.append(resource(put.url, put.body, len(written)))
    assert warnings(written, tmp_path) == []


def test_a_wrong_body_is_noticed(tmp_path: Path) -> None:
    """The compiler is not simply silent: it reports unknown and read-only properties, and a wrong type."""
    url = f"https://management.azure.com{WORKSPACE}/onlineEndpoints/churn?api-version={API_VERSION}"
    wrong: list[Json] = [{"colour": "red"}, {"scoringUri": "https://x"}, {"traffic": {"churn-6": "100"}}]
    written = [
        resource(url, {"location": "westeurope", "properties": {"authMode": "Key"} | each}, place)
        for place, each in enumerate(wrong)
    ]
    assert [line.split()[1].strip(":") for line in warnings(written, tmp_path)] == ["BCP037", "BCP073", "BCP036"]
