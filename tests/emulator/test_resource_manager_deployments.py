"""Endpoints and deployments with Microsoft's client and from `az ml` YAML: created, scaled, called and deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from azure.core.credentials import TokenCredential

from tests.cloud import RunningCloud
from tests.emulator.arm import Arm, deployment_body, endpoint_body
from tests.emulator.assets import Assets, write_project
from tests.emulator.mlflow_models import COLUMNS, ROWS, save

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


ENDPOINT_YAML = """
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json
name: from-yaml
auth_mode: key
tags: {team: risk}
"""
DEPLOYMENT_YAML = """
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: blue
endpoint_name: from-yaml
instance_type: Standard_DS3_v2
instance_count: 1
request_settings:
  request_timeout_ms: 3000
  max_concurrent_requests_per_instance: 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an `az ml` user's project."""
    write_project(tmp_path, ENDPOINT_YAML, DEPLOYMENT_YAML)
    return tmp_path


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the client's use of marshmallow
def test_from_yaml(ml: MLClient, folder: Path) -> None:
    """An endpoint and a deployment are loaded from YAML, uploaded, called and scaled, show logs, and are deleted."""
    from azure.ai.ml import load_online_deployment, load_online_endpoint  # noqa: PLC0415  # takes a second

    endpoint = ml.online_endpoints.begin_create_or_update(load_online_endpoint(folder / "endpoint.yml")).result()
    assert endpoint.scoring_uri == "https://from-yaml.westeurope.inference.ml.azure.com/score"
    blue = ml.online_deployments.begin_create_or_update(load_online_deployment(folder / "deployment.yml")).result()
    assert (blue.provisioning_state, blue.request_settings.request_timeout_ms) == ("Succeeded", 3000)
    answer = ml.online_endpoints.invoke("from-yaml", request_file=folder / "request.json", deployment_name="blue")
    assert json.loads(answer) == {"word": "hello", "asked": {"x": 1}}
    blue.instance_count = 2
    assert ml.online_deployments.begin_create_or_update(blue).result().instance_count == 2
    assert "init" in ml.online_deployments.get_logs("blue", "from-yaml", 50)
    assert [each.name for each in ml.online_deployments.list("from-yaml")] == ["blue"]
    ml.online_endpoints.begin_delete("from-yaml").result()
    assert "from-yaml" not in [each.name for each in ml.online_endpoints.list()]


MLFLOW_YAML = """
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: no-code
endpoint_name: mlflow
model: azureml:formula-alone:1
instance_type: Standard_DS3_v2
instance_count: 1
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the client's use of marshmallow
def test_mlflow_model_without_code(ml: MLClient, arm: Arm, tmp_path: Path) -> None:
    """A deployment from YAML needs nothing but a registered MLflow model: no script and no environment."""
    from azure.ai.ml import load_online_deployment  # noqa: PLC0415  # takes a second
    from azure.ai.ml.entities import Model  # noqa: PLC0415  # as above

    save(tmp_path)
    ml.models.create_or_update(
        Model(name="formula-alone", version="1", type="mlflow_model", path=tmp_path / "with-sample")
    )
    arm.wait(arm.put("onlineEndpoints/mlflow", endpoint_body()))
    (tmp_path / "deployment.yml").write_text(MLFLOW_YAML)
    ml.online_deployments.begin_create_or_update(load_online_deployment(tmp_path / "deployment.yml")).result()
    (tmp_path / "request.json").write_text(json.dumps({"input_data": {"columns": COLUMNS, "data": ROWS}}))
    answer = ml.online_endpoints.invoke("mlflow", request_file=tmp_path / "request.json", deployment_name="no-code")
    assert json.loads(answer) == [47.0, 25.5]
    headers = {"Authorization": f"Bearer {arm.key('onlineEndpoints/mlflow')}", "azureml-model-deployment": "no-code"}
    described = requests.get(arm.properties("onlineEndpoints/mlflow")["swaggerUri"], headers=headers, timeout=60).json()
    assert described["definitions"]["ServiceInput"]["example"]["input_data"]["columns"] == COLUMNS
    arm.wait(arm.call("DELETE", "onlineEndpoints/mlflow"))


@pytest.fixture
def routed(arm: Arm, served: str) -> Iterator[str]:
    """Return the path of the serving endpoint; afterwards all its traffic is on blue again."""
    yield f"onlineEndpoints/{served}"
    arm.wait(arm.put(f"onlineEndpoints/{served}", endpoint_body(traffic={"blue": 100})))


def test_traffic_is_split(arm: Arm, routed: str) -> None:
    """With 70/30 both deployments answer in about these proportions; with 0/0 callers get a 404."""
    arm.wait(arm.put(routed, endpoint_body(traffic={"BLUE": 70, "green": 30})))
    assert arm.properties(routed)["traffic"] == {"blue": 70, "green": 30}
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {arm.key(routed)}"
        url = arm.properties(routed)["scoringUri"]
        answers = [session.post(url, json={}, timeout=60).headers["azureml-model-deployment"] for _ in range(200)]
        assert set(answers) == {"blue", "green"}
        assert 30 < answers.count("green") < 95  # 30 % of 200, within five standard deviations
        arm.wait(arm.put(routed, endpoint_body(traffic={"blue": 0, "green": 0})))
        assert session.post(url, json={}, timeout=60).status_code == 404


def status(url: str, credential: str) -> int:
    """Return the status of a scoring request with this key or token."""
    return requests.post(url, json={}, headers={"Authorization": f"Bearer {credential}"}, timeout=60).status_code


def test_keys_are_regenerated(arm: Arm, routed: str) -> None:
    """A new primary key replaces the old one immediately; the secondary key remains valid."""
    before = arm.call("POST", f"{routed}/listKeys").json()
    arm.wait(arm.call("POST", f"{routed}/regenerateKeys", {"keyType": "Primary"}))
    after = arm.call("POST", f"{routed}/listKeys").json()
    assert after["primaryKey"] != before["primaryKey"]
    url = arm.properties(routed)["scoringUri"]
    keys = (before["primaryKey"], after["primaryKey"], before["secondaryKey"])
    assert [status(url, key) for key in keys] == [401, 200, 200]


@pytest.mark.parametrize("mode", ["AMLToken", "AADToken"])
def test_tokens(arm: Arm, assets: Assets, credential: TokenCredential, cloud: RunningCloud, mode: str) -> None:
    """An endpoint with a token mode accepts the tokens of that mode and no others, and has no keys."""
    path = f"onlineEndpoints/{mode.lower()}-mode"
    arm.wait(arm.put(path, endpoint_body(authMode=mode)))
    arm.wait(arm.put(f"{path}/deployments/only", deployment_body(assets.model, assets.echo)))
    arm.wait(arm.put(path, endpoint_body(authMode=mode, traffic={"only": 100})))
    assert arm.call("POST", f"{path}/listKeys").status_code == 400
    entra = credential.get_token("https://ml.azure.com/.default").token
    right = entra if mode == "AADToken" else arm.call("POST", f"{path}/token").json()["accessToken"]
    wrong = credential.get_token("https://management.azure.com/.default").token
    url = f"https://{mode.lower()}-mode.{cloud['region']}.inference.ml.azure.com/score"
    assert (status(url, right), status(url, wrong)) == (200, 401)
    arm.wait(arm.call("DELETE", path))


def test_scaling_changes_nothing_else(arm: Arm, served: str) -> None:
    """A PATCH of the capacity is shown as Scaling and results in that many instances, with the body unchanged."""
    path = f"onlineEndpoints/{served}/deployments/green"
    before = arm.properties(path)
    answer = arm.call("PATCH", path, {"sku": {"name": "Default", "capacity": 2}})
    assert answer.json()["properties"]["provisioningState"] == "Scaling"
    assert arm.wait(answer)["status"] == "Succeeded"
    after = arm.call("GET", path).json()
    assert (after["sku"]["capacity"], after["properties"]) == (2, before)
    arm.wait(arm.call("PATCH", path, {"sku": {"name": "Default", "capacity": 1}}))
    assert arm.error("PATCH", path, {"sku": {"name": "Default", "capacity": 51}})[0] == 400


def test_deployment_shows_its_defaults(arm: Arm, served: str) -> None:
    """A deployment is shown with the settings that Azure fills in."""
    properties = arm.properties(f"onlineEndpoints/{served}/deployments/blue")
    assert properties["requestSettings"]["requestTimeout"] == "PT5S"
    assert properties["livenessProbe"]["failureThreshold"] == 30
    assert properties["scaleSettings"] == {"scaleType": "Default"}
    skus = arm.call("GET", f"onlineEndpoints/{served}/deployments/blue/skus").json()["value"]
    assert skus[0]["capacity"]["maximum"] == 50
