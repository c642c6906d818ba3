"""A safe rollout on an attached cluster: blue, green next to it, 10 % of the traffic, then all."""

import json
import os
from pathlib import Path

from azure.ai.ml import MLClient
from azure.ai.ml.entities import (
    CodeConfiguration,
    Environment,
    KubernetesOnlineDeployment,
    KubernetesOnlineEndpoint,
    Model,
    ResourceRequirementsSettings,
    ResourceSettings,
)
from azure.identity import DefaultAzureCredential

ml_client = MLClient(
    DefaultAzureCredential(),
    os.environ["AZURE_SUBSCRIPTION_ID"],
    os.environ["AZURE_RESOURCE_GROUP"],
    os.environ["AZURE_ML_WORKSPACE"],
)

endpoint_name = "kubernetes-notebook"
report: dict[str, object] = {}

endpoint = KubernetesOnlineEndpoint(
    name=endpoint_name, compute="kubernetes", auth_mode="key", tags={"purpose": "sample"}
)
ml_client.begin_create_or_update(endpoint).result()


def defined(name: str, word: str) -> KubernetesOnlineDeployment:
    """Return a deployment that answers with this word."""
    return KubernetesOnlineDeployment(
        name=name,
        endpoint_name=endpoint_name,
        model=Model(path=f"words/{word}.txt"),
        environment=Environment(image="mcr.microsoft.com/azureml/minimal-ubuntu22.04-py39-cpu-inference:latest"),
        code_configuration=CodeConfiguration(code="onlinescoring", scoring_script="score.py"),
        instance_count=1,
    )


blue = defined("blue", "first")
green = defined("green", "second")
green.resources = ResourceRequirementsSettings(requests=ResourceSettings(cpu="0.1", memory="0.2Gi"))
for poller in [ml_client.begin_create_or_update(each) for each in (blue, green)]:
    poller.result()
endpoint.traffic = {"blue": 100}
ml_client.begin_create_or_update(endpoint).result()
report["answer of blue"] = ml_client.online_endpoints.invoke(endpoint_name=endpoint_name, request_file="request.json")

found = ml_client.online_deployments.get(name="blue", endpoint_name=endpoint_name)
report["resources of blue"] = [found.resources.requests.cpu, found.resources.limits.memory, found.instance_type]
found = ml_client.online_deployments.get(name="green", endpoint_name=endpoint_name)
report["resources of green"] = [found.resources.requests.cpu, found.resources.limits.memory, found.instance_type]

endpoint.traffic = {"blue": 90, "green": 10}
ml_client.begin_create_or_update(endpoint).result()
report["split"] = ml_client.online_endpoints.get(name=endpoint_name).traffic
endpoint.traffic = {"blue": 0, "green": 100}
ml_client.begin_create_or_update(endpoint).result()
report["answer of green"] = ml_client.online_endpoints.invoke(endpoint_name=endpoint_name, request_file="request.json")

ml_client.online_deployments.begin_delete(name="blue", endpoint_name=endpoint_name).result()
report["remaining"] = [each.name for each in ml_client.online_deployments.list(endpoint_name)]
ml_client.online_endpoints.begin_delete(name=endpoint_name).result()
Path("kubernetes.json").write_text(json.dumps(report), encoding="utf-8")
