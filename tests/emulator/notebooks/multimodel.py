"""Several models in one deployment: a registered folder, and a script that takes the model's name from the request."""

import json
import os
from pathlib import Path

import requests
from azure.ai.ml import MLClient
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import CodeConfiguration, Environment, ManagedOnlineDeployment, ManagedOnlineEndpoint, Model
from azure.identity import DefaultAzureCredential

ml_client = MLClient(
    DefaultAzureCredential(),
    os.environ["AZURE_SUBSCRIPTION_ID"],
    os.environ["AZURE_RESOURCE_GROUP"],
    os.environ["AZURE_ML_WORKSPACE"],
)

endpoint_name = "multimodel-notebook"
report: dict[str, object] = {}

model = ml_client.models.create_or_update(
    Model(name="two-words", version="1", path="words", type=AssetTypes.CUSTOM_MODEL, description="two words")
)
endpoint = ManagedOnlineEndpoint(name=endpoint_name, auth_mode="aml_token")
ml_client.online_endpoints.begin_create_or_update(endpoint).result()

deployment = ManagedOnlineDeployment(
    name="multimodel",
    endpoint_name=endpoint_name,
    model=model,
    environment=Environment(image="mcr.microsoft.com/azureml/minimal-ubuntu22.04-py39-cpu-inference:latest"),
    code_configuration=CodeConfiguration(code="onlinescoring", scoring_script="score.py"),
    environment_variables={"WORDS": "words"},
    instance_type="STANDARD_DS3_V2",
    instance_count=1,
)
ml_client.online_deployments.begin_create_or_update(deployment).result()
endpoint.traffic = {"multimodel": 100}
ml_client.online_endpoints.begin_create_or_update(endpoint).result()

endpoint = ml_client.online_endpoints.get(endpoint_name)
token = ml_client.online_endpoints.get_keys(endpoint_name)
headers = {"Authorization": f"Bearer {token.access_token}", "Content-Type": "application/json"}
for name in ("first", "second"):
    answer = requests.post(endpoint.scoring_uri, json={"model": name}, headers=headers, timeout=60)
    answer.raise_for_status()
    report[name] = answer.json()

ml_client.online_endpoints.begin_delete(name=endpoint_name)
Path("multimodel.json").write_text(json.dumps(report), encoding="utf-8")
