"""Deployments from `az ml` files on the emulated cloud: the same as those that Microsoft's client creates."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from string import Template
from typing import Any

import pytest

from shared.core.policy import EndpointSpec, TemplateSource
from shared.core.reconcile.actions import CreateDeployment
from shared.core.rollout import ModelVersion
from shared.errors import Permanent
from tests.adapters.workshop import POEM, Workshop, imported

ENDPOINT, GREEN = "from-file", "poem-2"
# Every key of a managed deployment's file; its code and conda file are next to it.
MANAGED = """
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: named-by-nobody
endpoint_name: ${ENDPOINT_NAME}
description: reads a poem
tags: {team: poetry}
properties: {note: kept}
model: azureml:${MODEL_NAME}:${MODEL_VERSION}
model_mount_path: /var/models
code_configuration: {code: code, scoring_script: score.py}
environment: {image: mcr.example/sklearn:1, conda_file: conda.yml}
environment_variables: {MODEL: "${MODEL_NAME}", VERSION: "${MODEL_VERSION}", AT: "${ENDPOINT_NAME}"}
instance_type: Standard_DS3_v2
instance_count: 1
app_insights_enabled: true
egress_public_network_access: enabled
request_settings: {request_timeout_ms: 7000, max_concurrent_requests_per_instance: 3, max_queue_wait_ms: 400}
liveness_probe: {initial_delay: 11, period: 12, timeout: 3, success_threshold: 1, failure_threshold: 31}
readiness_probe: {initial_delay: 1, period: 14, timeout: 4, success_threshold: 1, failure_threshold: 32}
scale_settings: {type: default}
"""
KUBERNETES = """
$schema: https://azuremlschemas.azureedge.net/latest/kubernetesOnlineDeployment.schema.json
type: kubernetes
name: named-by-nobody
endpoint_name: ${ENDPOINT_NAME}
model: azureml:${MODEL_NAME}:${MODEL_VERSION}
code_configuration: {code: code, scoring_script: score.py}
environment: {image: mcr.example/sklearn:1, conda_file: conda.yml}
instance_type: large
instance_count: 1
resources:
  requests: {cpu: "0.1", memory: 0.2Gi}
  limits: {cpu: "0.5", memory: 0.5Gi}
"""


def create(endpoint: str, template: str, version: str = "2", **more: Any) -> CreateDeployment:  # noqa: ANN401  # its fields
    """Return the action that creates green from a template."""
    source = TemplateSource(template, more.pop("instance_type", None))
    return CreateDeployment(endpoint, GREEN, ModelVersion(POEM, version), like="", source=source, **more)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the client's use of marshmallow
@pytest.mark.usefixtures("poems")
def test_a_template_serves_and_loses_nothing(workshop: Workshop) -> None:
    """Green has everything in the file, filled in; its code is uploaded, its model is the new one, and it answers."""
    template = workshop.write("deployments/managed.yml", MANAGED)
    workshop.make_endpoint(ENDPOINT, EndpointSpec("aml_token"))
    workshop.endpoints.order(create(ENDPOINT, template, instances=2, instance_type="Standard_F4s_v2"))
    workshop.until_idle(ENDPOINT)
    assert workshop.answer(ENDPOINT, GREEN, [1]) == {"word": "verse 2", "asked": [1]}
    assert workshop.seen(ENDPOINT).deployments[GREEN].instances == 2
    made = workshop.shown(ENDPOINT, GREEN)
    assert made["tags"] == {"team": "poetry", "managed-by": "teal"}
    assert made["properties"]["instanceType"] == "Standard_F4s_v2"
    assert made["properties"]["environmentVariables"] == {"MODEL": POEM, "VERSION": "2", "AT": ENDPOINT}

    ours, theirs = (as_compared(body) for body in (made, made_by_microsoft(workshop, MANAGED)))
    assert ours == theirs
    workshop.remove(ENDPOINT)


def made_by_microsoft(workshop: Workshop, text: str) -> dict[str, Any]:
    """Return the body of the deployment that Microsoft's client creates from the same file, filled in."""
    values = {"MODEL_NAME": POEM, "MODEL_VERSION": "2", "ENDPOINT_NAME": ENDPOINT}
    filled = Template(text).safe_substitute(values).replace("named-by-nobody", "by-hand")
    file = workshop.folder / workshop.write("deployments/by-hand.yml", filled)
    workshop.ml.online_deployments.begin_create_or_update(imported("azure.ai.ml").load_online_deployment(file)).result()
    return workshop.shown(ENDPOINT, "by-hand")


def as_compared(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body without the expected differences: its name, Teal's tag, and the policy's instance type and count.

    Each code upload is a separate asset, so its id differs too.
    """
    different = {"id", "name", "tags", "sku"}
    code = {"scoringScript": body["properties"]["codeConfiguration"]["scoringScript"]}
    properties = body["properties"] | {"instanceType": None, "codeConfiguration": code}
    return {key: value for key, value in body.items() if key not in different} | {"properties": properties}


@pytest.mark.usefixtures("poems")
def test_a_template_for_a_cluster(workshop: Workshop) -> None:
    """A Kubernetes deployment on a Kubernetes endpoint has its instances and resources, and answers."""
    template = workshop.write("deployments/kubernetes.yml", KUBERNETES)
    compute = f"{workshop.cloud.workspace_id}/computes/kubernetes"
    properties = {"authMode": "Key", "compute": compute}
    workshop.arm.wait(
        workshop.arm.put("onlineEndpoints/poems-on-cluster", {"location": "westeurope", "properties": properties})
    )
    workshop.endpoints.order(create("poems-on-cluster", template, instances=2))
    workshop.until_idle("poems-on-cluster")
    seen = workshop.seen("poems-on-cluster")
    assert (seen.kubernetes, seen.deployments[GREEN].instances) == (True, 2)
    made = workshop.shown("poems-on-cluster", GREEN)["properties"]
    assert made["endpointComputeType"] == "Kubernetes"
    assert made["containerResourceRequirements"]["containerResourceLimits"] == {"cpu": "0.5", "memory": "0.5Gi"}
    assert workshop.answer("poems-on-cluster", GREEN, []) == {"word": "verse 2", "asked": []}
    workshop.remove("poems-on-cluster")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a list", "Expect dict"),
        (MANAGED + "nonsense: 1\n", "nonsense"),
        (MANAGED.replace("instance_count: 1", "instance_count: many"), "Not a valid integer"),
        (MANAGED.replace("code: code", "code: nowhere"), "nowhere"),
        (MANAGED.replace("score.py", "other.py"), "other.py"),
        (MANAGED.replace("conda.yml", "other.yml"), "environment"),
        (MANAGED.replace("scoring_script: score.py", "scoring_script: ../bad.py"), "syntax"),
        (MANAGED.replace("code: code", "code: empty").replace("score.py", "../code/score.py"), "empty"),
        ("code_configuration: 5", "cannot be used"),
    ],
)
def test_an_invalid_template_is_a_permanent_error(workshop: Workshop, text: str, words: str) -> None:
    """The message names the problem, and nothing is created; a retry would not help."""
    workshop.write("deployments/bad.py", "def init(:")
    (workshop.folder / "deployments" / "empty").mkdir(exist_ok=True)
    template = workshop.write("deployments/wrong.yml", text)
    if workshop.endpoints.see("for-wrong-files") is None:
        workshop.make_endpoint("for-wrong-files")
    with pytest.raises(Permanent, match=words) as caught:
        workshop.endpoints.order(create("for-wrong-files", template))
    assert template in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert workshop.seen("for-wrong-files").deployments == {}


def test_azures_errors_about_a_template_are_kept(workshop: Workshop) -> None:
    """A missing endpoint or environment is reported with Azure's own message."""
    template = workshop.write("deployments/managed.yml", MANAGED)
    with pytest.raises(Permanent, match=r"deployments/managed.yml: 404 .*no-such-endpoint"):
        workshop.endpoints.order(create("no-such-endpoint", template))


WITHOUT_MODEL = MANAGED.replace("model: azureml:${MODEL_NAME}:${MODEL_VERSION}\n", "")
REGISTERED = "/models/poem/versions/2"
IN_REGISTRY = "azureml://registries/shared/models/poem/versions/2"
MODELS = {
    "a reference": ("model: azureml:${MODEL_NAME}:${MODEL_VERSION}", REGISTERED),
    "a name and a version": (
        "model: {name: '${MODEL_NAME}', version: '${MODEL_VERSION}', type: custom_model}",
        REGISTERED,
    ),
    "a folder, which the check refuses": ("model: {name: '${MODEL_NAME}', version: '9', path: code}", REGISTERED),
    "a registry": ("model: azureml://registries/shared/models/${MODEL_NAME}/versions/${MODEL_VERSION}", IN_REGISTRY),
    "the image": ("tags: {model: none}", None),
}


@pytest.mark.usefixtures("poems")
@pytest.mark.parametrize(("written", "model"), MODELS.values(), ids=MODELS)
def test_a_template_never_registers_a_model(workshop: Workshop, written: str, model: str | None) -> None:
    """Whatever the template says, the SDK gets a reference or nothing, and no version is added to the workspace."""
    text = WITHOUT_MODEL.replace("tags: {team: poetry}", written)
    template = workshop.write("deployments/places.yml", text.replace("instance_type: Standard_DS3_v2\n", ""))
    if workshop.endpoints.see("for-bodies") is None:
        workshop.make_endpoint("for-bodies")
    body = workshop.templates.body(template, create("for-bodies", template, instance_type="Standard_F4s_v2"))
    found = body["properties"].get("model")
    assert found is None if model is None else found.endswith(model)
    assert body["properties"]["instanceType"] == "Standard_F4s_v2"
    versions = workshop.arm.call("GET", f"models/{POEM}/versions").json()["value"]
    assert sorted(version["name"] for version in versions) == ["1", "2"]


PROGRAM = """
import logging, os, sys, threading, warnings
from pathlib import Path
from azure.identity import EnvironmentCredential
from shared.adapters.templates import DeploymentTemplates
from shared.core.reconcile.actions import CreateDeployment
from shared.core.rollout import ModelVersion
from shared.settings import WorkspaceSettings

folder, endpoint, *names = sys.argv[1:]
workspace = WorkspaceSettings(*names, "logs")
logging.basicConfig(level=logging.WARNING)
before, out, err, filters = dict(os.environ), sys.stdout, sys.stderr, list(warnings.filters)
fill = lambda path, _: Path(folder, path).read_text()
templates = DeploymentTemplates(workspace, EnvironmentCredential(), fill, Path(folder))
body = templates.body("deployments/quiet.yml", CreateDeployment(endpoint, "green", ModelVersion("poem", "1"), like=""))
assert body["properties"]["codeConfiguration"]["codeId"].startswith("/subscriptions/"), body
assert dict(os.environ) == before, "the environment has changed"
assert (sys.stdout, sys.stderr, warnings.filters) == (out, err, filters), "the process has changed"
assert threading.active_count() == 1, threading.enumerate()
"""


def test_the_sdk_leaves_no_trace_in_the_process(workshop: Workshop) -> None:
    """Nothing on the standard streams even though files are uploaded, no thread, no variable, no changed warnings."""
    workshop.write("deployments/loud/score.py", "def init():\n    pass\n\n\ndef run(data):\n    return 'loud'\n")
    text = MANAGED.replace("code: code", "code: loud").replace("${MODEL_NAME}:${MODEL_VERSION}", "poem:1")
    workshop.write(
        "deployments/quiet.yml", text.replace("Standard_DS3_v2", "Standard_DS2_v2")
    )  # the SDK warns about small instance types
    workshop.make_endpoint("quiet")
    names = [workshop.cloud[name] for name in ("subscription", "resource_group", "workspace")]
    command = [sys.executable, "-c", PROGRAM, str(workshop.folder), "quiet", *names]
    root = Path(__file__).resolve().parents[2]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    assert (ended.stdout, ended.stderr, ended.returncode) == ("", "", 0)
