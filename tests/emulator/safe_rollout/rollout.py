"""A safe manual rollout, as Azure ML's users do it: blue, green next to it, mirroring, 10 % of the traffic, then all.

It does not know about the emulator: the same script runs against Azure. It writes its observations to report.json.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from azure.ai.ml import MLClient
from azure.ai.ml.entities import (
    CodeConfiguration,
    Environment,
    ManagedOnlineDeployment,
    ManagedOnlineEndpoint,
    Model,
)
from azure.identity import DefaultAzureCredential

INSTANCE_TYPE = "Standard_DS3_v2"
IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04:latest"

ml_client = MLClient(
    DefaultAzureCredential(),
    os.environ["AZURE_SUBSCRIPTION_ID"],
    os.environ["AZURE_RESOURCE_GROUP"],
    os.environ["AZURE_ML_WORKSPACE"],
)
endpoint_name = "endpt-" + datetime.now(UTC).strftime("%m%d%H%M%f")

report: dict[str, Any] = {}


def deploy(name: str, folder: str) -> ManagedOnlineDeployment:
    """Deploy the model and the scoring script of a local folder."""
    deployment = ManagedOnlineDeployment(
        name=name,
        endpoint_name=endpoint_name,
        model=Model(path=f"{folder}/model/regression.pkl"),
        environment=Environment(conda_file=f"{folder}/conda.yaml", image=IMAGE),
        code_configuration=CodeConfiguration(code=f"{folder}/scoring", scoring_script="score.py"),
        instance_type=INSTANCE_TYPE,
        instance_count=1,
    )
    return ml_client.online_deployments.begin_create_or_update(deployment).result()


def ask_green() -> str:
    """Score the sample request on green, regardless of the traffic."""
    answer: str = ml_client.online_endpoints.invoke(
        endpoint_name=endpoint_name, request_file="request.json", deployment_name="green"
    )
    return answer


def ask() -> str:
    """Score the sample request over plain HTTP, because the client keeps naming green once it has done so."""
    key = ml_client.online_endpoints.get_keys(endpoint_name).primary_key
    uri = ml_client.online_endpoints.get(endpoint_name).scoring_uri
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    answer = requests.post(uri, data=Path("request.json").read_bytes(), headers=headers, timeout=60)
    answer.raise_for_status()
    return answer.text


def update() -> None:
    """Update the endpoint to its current definition in this script."""
    ml_client.online_endpoints.begin_create_or_update(endpoint).result()


endpoint = ManagedOnlineEndpoint(
    name=endpoint_name, description="a manual rollout", auth_mode="key", tags={"purpose": "sample"}
)
update()
blue = deploy("blue", "first")
endpoint.traffic = {"blue": 100}
update()
report["blue"] = ask()
report["log"] = ml_client.online_deployments.get_logs(name="blue", endpoint_name=endpoint_name, lines=50)

blue.instance_count = 2
blue = ml_client.online_deployments.begin_create_or_update(blue).result()
report["instances"] = blue.instance_count
report["initial traffic"] = ml_client.online_endpoints.get(name=endpoint_name).traffic

deploy("green", "second")
report["green"] = ask_green()

endpoint.mirror_traffic = {"green": 10}
update()
for _ in range(20):
    ask()
report["mirrored"] = ml_client.online_endpoints.get(name=endpoint_name).mirror_traffic
endpoint.mirror_traffic = {"green": 0}
update()

endpoint.traffic = {"blue": 90, "green": 10}
update()
report["split traffic"] = ml_client.online_endpoints.get(name=endpoint_name).traffic
endpoint.traffic = {"blue": 0, "green": 100}
update()
report["promoted"] = ask()

ml_client.online_deployments.begin_delete(name="blue", endpoint_name=endpoint_name).result()
report["remaining"] = [each.name for each in ml_client.online_deployments.list(endpoint_name)]
ml_client.online_endpoints.begin_delete(name=endpoint_name).result()
report["deleted"] = endpoint_name not in [each.name for each in ml_client.online_endpoints.list()]
Path("report.json").write_text(json.dumps(report), encoding="utf-8")
