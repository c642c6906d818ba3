"""What the adapters change in the emulated cloud, and that they change nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from shared.core.policy import EndpointSpec, LiveSource, TemplateSource
from shared.core.reconcile.actions import (
    CopyAutoscale,
    CreateDeployment,
    DeleteDeployment,
    ScaleDeployment,
    SetMirror,
    SetTraffic,
    SwitchAutoscale,
)
from shared.core.rollout import ModelVersion
from shared.errors import Permanent
from tests.adapters.workshop import FORMULA, POEM, SECONDS, Workshop
from tests.emulator.arm import autoscale_setting, deployment_body
from tests.emulator.mlflow_models import COLUMNS, ROWS, save

IDENTITY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader"
STAGE, BLUE, GREEN = "poems", "poem-1", "poem-2"
# Every property of a deployment that works everywhere.
FULL: dict[str, Any] = {
    "environmentVariables": {"MOOD": "calm"},
    "description": "reads a poem",
    "modelMountPath": "/var/models",
    "requestSettings": {"maxConcurrentRequestsPerInstance": 3, "requestTimeout": "PT7S", "maxQueueWait": "PT0.4S"},
    "livenessProbe": {"initialDelay": "PT11S", "period": "PT12S"},
    "readinessProbe": {"initialDelay": "PT1S", "period": "PT14S"},
    "startupProbe": {"initialDelay": "PT1S", "failureThreshold": 60},
    "scaleSettings": {"scaleType": "Default"},
    "egressPublicNetworkAccess": "Enabled",
    "appInsightsEnabled": True,
    "properties": {"note": "kept"},
}


@pytest.fixture(scope="module")
def stage(workshop: Workshop, poems: str) -> Iterator[Workshop]:
    """Return the workshop with an endpoint on which poem-1 serves, with all properties that must stay unchanged."""
    body = {
        "location": workshop.cloud["region"],
        "tags": {"team": "poetry"},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
        "properties": {"authMode": "AADToken", "description": "poems", "publicNetworkAccess": "Enabled"},
    }
    workshop.arm.wait(workshop.arm.put(f"onlineEndpoints/{STAGE}", body))
    model = f"{workshop.cloud.workspace_id}/models/{POEM}/versions/1"
    blue = deployment_body(model, poems, capacity=2, **FULL) | {"tags": {"team": "poetry"}}
    workshop.arm.wait(workshop.arm.put(f"onlineEndpoints/{STAGE}/deployments/{BLUE}", blue))
    workshop.endpoints.order(SetTraffic(STAGE, {BLUE: 100}))
    workshop.until_idle(STAGE)
    workshop.endpoints.order(CreateDeployment(STAGE, GREEN, ModelVersion(POEM, "2"), like=BLUE, instances=1))
    workshop.until_idle(STAGE)
    yield workshop
    workshop.remove(STAGE)


@pytest.mark.parametrize(
    ("name", "spec", "mode", "identity"),
    [
        ("by-key", EndpointSpec("key"), "Key", ("SystemAssigned", [])),
        ("by-aml", EndpointSpec("aml_token"), "AMLToken", ("SystemAssigned", [])),
        ("by-both", EndpointSpec("key", ("system", IDENTITY)), "Key", ("SystemAssigned,UserAssigned", [IDENTITY])),
        ("by-aad", EndpointSpec("aad_token", (IDENTITY,)), "AADToken", ("UserAssigned", [IDENTITY])),
    ],
)
def test_an_endpoint_is_created_as_the_policy_says(
    workshop: Workshop, name: str, spec: EndpointSpec, mode: str, identity: tuple[str, list[str]]
) -> None:
    """It has the policy's auth mode and identity, is in the workspace's region, and has no traffic."""
    workshop.make_endpoint(name, spec)
    made = workshop.shown(name)
    assert (made["location"], made["tags"]) == (workshop.cloud["region"], {"managed-by": "teal"})
    assert (made["properties"]["authMode"], made["properties"]["traffic"]) == (mode, {})
    assert (made["identity"]["type"], list(made["identity"].get("userAssignedIdentities", {}))) == identity
    assert workshop.seen(name).deployments == {}


def test_an_existing_endpoint_is_left_unchanged(stage: Workshop) -> None:
    """An endpoint that appears after the check for it keeps its traffic and everything else."""
    before = stage.shown(STAGE)
    stage.make_endpoint(STAGE, EndpointSpec("key"))
    assert stage.shown(STAGE) == before


def test_green_is_like_blue_in_all_but_name_and_model(stage: Workshop) -> None:
    """Probes, settings, variables and mount path are blue's, the instance count is as requested, and it answers."""
    blue, green = stage.shown(STAGE, BLUE), stage.shown(STAGE, GREEN)
    assert green["properties"] == blue["properties"] | {"model": blue["properties"]["model"][:-1] + "2"}
    assert (green["sku"], green["tags"]) == (blue["sku"] | {"capacity": 1}, {"team": "poetry", "managed-by": "teal"})
    assert green["properties"].keys() >= FULL.keys()
    assert stage.answer(STAGE, GREEN, 1) == {"word": "verse 2", "asked": 1}
    seen = stage.seen(STAGE)
    assert (seen.kubernetes, {name: each.instances for name, each in seen.deployments.items()}) == (
        False,
        {BLUE: 2, GREEN: 1},
    )


def test_scaling_changes_only_the_instance_count(stage: Workshop) -> None:
    """The rest of the deployment's body is unchanged, and it keeps serving."""
    before = stage.shown(STAGE, GREEN)
    for number in (2, 1):
        stage.endpoints.order(ScaleDeployment(STAGE, GREEN, number))
        stage.until_idle(STAGE)
        assert stage.shown(STAGE, GREEN) == before | {"sku": before["sku"] | {"capacity": number}}
    assert stage.answer(STAGE, GREEN, 1)["word"] == "verse 2"


def test_a_mirror_changes_nothing_else_and_ends(stage: Workshop) -> None:
    """Tags, identity, description, access and live traffic are unchanged, during and after the mirror."""
    before = stage.shown(STAGE)
    stage.endpoints.order(SetMirror(STAGE, {GREEN: 20}))
    stage.until_idle(STAGE)
    assert stage.seen(STAGE).mirror == {GREEN: 20}
    assert without_mirror(stage.shown(STAGE)) == without_mirror(before)
    stage.endpoints.order(SetMirror(STAGE, {}))
    stage.until_idle(STAGE)
    assert stage.seen(STAGE).mirror == {}
    assert without_mirror(stage.shown(STAGE)) == without_mirror(before)


def without_mirror(body: dict[str, Any]) -> dict[str, Any]:
    """Return an endpoint's body without its mirror."""
    properties = {key: value for key, value in body["properties"].items() if key != "mirrorTraffic"}
    return body | {"properties": properties}


def test_a_mirror_that_azure_rejects_is_a_permanent_error(stage: Workshop) -> None:
    """Azure rejects more than 50 %, and a deployment that has live traffic."""
    for mirror in ({GREEN: 60}, {BLUE: 10}):
        with pytest.raises(Permanent):
            stage.endpoints.order(SetMirror(STAGE, mirror))


def test_autoscale_settings_are_copied(stage: Workshop) -> None:
    """Green gets blue's settings with every reference changed to green; they are deleted with it, and blue's stay."""
    spare = "poem-spare"
    stage.endpoints.order(CreateDeployment(STAGE, spare, ModelVersion(POEM, "2"), like=GREEN))
    stage.until_idle(STAGE)
    blue, other = f"{stage.cloud.workspace_id}/onlineEndpoints/{STAGE}/deployments/{BLUE}", "/subscriptions/s/queues/q"
    given = autoscale_setting(
        blue, notifications=[{"operation": "Scale", "email": {"customEmails": ["a@example.com"]}}]
    )
    rules = given["properties"]["profiles"][0]["rules"]
    rules.append({**rules[0], "metricTrigger": {**rules[0]["metricTrigger"], "metricResourceUri": other}})
    rules[0]["metricTrigger"]["metricResourceUri"] = blue.upper()
    slow = {"DimensionName": "deployment", "Operator": "Equals", "Values": [BLUE, "all"]}
    rules[1]["metricTrigger"]["dimensions"] = [slow, {**slow, "DimensionName": "model"}]
    stage.manager.put_setting("blue-by-load", given)
    assert stage.endpoints.autoscaled(STAGE) == {BLUE: True}

    for _ in range(2):  # idempotent
        stage.endpoints.order(CopyAutoscale(STAGE, spare, like=BLUE))
    assert stage.endpoints.autoscaled(STAGE) == {BLUE: True, spare: True}
    green = blue.replace(BLUE, spare)
    (copied,) = (each for each in stage.manager.settings() if each["properties"]["targetResourceUri"] == green)
    wanted, properties = given["properties"], copied["properties"]
    (profile,) = properties["profiles"]
    assert [rule["metricTrigger"]["metricResourceUri"] for rule in profile["rules"]] == [green, other]
    dimensions = profile["rules"][1]["metricTrigger"]["dimensions"]
    assert [each["Values"] for each in dimensions] == [[spare, "all"], [BLUE, "all"]]
    assert profile["capacity"] == wanted["profiles"][0]["capacity"]
    assert properties["notifications"][0]["email"]["customEmails"] == ["a@example.com"]
    assert (copied["tags"], copied["location"]) == ({"team": "risk", "managed-by": "teal"}, given["location"])

    for _ in range(2):
        stage.endpoints.order(SwitchAutoscale(STAGE, spare, enabled=False))
    assert stage.endpoints.autoscaled(STAGE) == {BLUE: True, spare: False}
    (disabled,) = (each for each in stage.manager.settings() if each["name"] == copied["name"])
    assert disabled["properties"] == properties | {"enabled": False}
    assert disabled["tags"] == copied["tags"]
    stage.endpoints.order(SwitchAutoscale(STAGE, spare, enabled=True))
    assert stage.endpoints.autoscaled(STAGE) == {BLUE: True, spare: True}

    stage.endpoints.order(DeleteDeployment(STAGE, spare))
    assert stage.endpoints.autoscaled(STAGE) == {BLUE: True}
    stage.manager.delete_setting("blue-by-load")
    stage.endpoints.order(CopyAutoscale(STAGE, spare, like=BLUE))  # nothing to copy: not an error
    assert stage.endpoints.autoscaled(STAGE) == {}


MLFLOW = """
name: named-by-nobody
endpoint_name: ${ENDPOINT_NAME}
model: azureml:${MODEL_NAME}:${MODEL_VERSION}
instance_type: Standard_DS3_v2
instance_count: 1
"""


@pytest.fixture(scope="module")
def formulas(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Register two versions of an MLflow model: the second has no sample of its input. Return its endpoint's name."""
    directory = tmp_path_factory.mktemp("mlflow")
    save(directory)
    workshop.register(FORMULA, "1", directory / "with-sample", kind="mlflow_model")
    workshop.register(FORMULA, "2", directory / "without-sample", kind="mlflow_model")
    workshop.make_endpoint("formulas", EndpointSpec("aml_token"))
    yield "formulas"
    workshop.remove("formulas")


def test_an_mlflow_model_needs_neither_code_nor_environment(workshop: Workshop, formulas: str) -> None:
    """Created from a template, and copied to another instance type: both answer in MLflow's own format."""
    template = TemplateSource(workshop.write("deployments/mlflow.yml", MLFLOW))
    live = LiveSource(instance_type="Standard_NC6s_v3")
    for action in (
        CreateDeployment(formulas, "formula-1", ModelVersion(FORMULA, "1"), like="", source=template),
        CreateDeployment(formulas, "formula-2", ModelVersion(FORMULA, "2"), "formula-1", live),
    ):
        workshop.endpoints.order(action)
        workshop.until_idle(formulas)
        asked = {"input_data": {"columns": COLUMNS, "index": [0, 1], "data": ROWS}}
        assert workshop.answer(formulas, action.name, asked) == [47.0, 25.5]
    first, second = workshop.shown(formulas, "formula-1"), workshop.shown(formulas, "formula-2")
    model = {"model": first["properties"]["model"][:-1] + "2"}
    assert second["properties"] == first["properties"] | model | {"instanceType": "Standard_NC6s_v3"}

    sample = workshop.scoring.sample(formulas, "formula-1")
    assert [each.status for each in workshop.scoring.answers(formulas, "formula-1", [sample], SECONDS)] == [200]
    with pytest.raises(Permanent, match="formula-2 describes no sample request"):
        workshop.scoring.sample(formulas, "formula-2")
