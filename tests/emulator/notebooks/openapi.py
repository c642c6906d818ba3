"""A script that declares its input and output with inference-schema, and the resulting OpenAPI document."""

import json
import os
from pathlib import Path
from typing import Any

import requests
from azure.ai.ml import MLClient
from azure.ai.ml.entities import CodeConfiguration, Environment, ManagedOnlineDeployment, ManagedOnlineEndpoint
from azure.identity import DefaultAzureCredential

ml_client = MLClient(
    DefaultAzureCredential(),
    os.environ["AZURE_SUBSCRIPTION_ID"],
    os.environ["AZURE_RESOURCE_GROUP"],
    os.environ["AZURE_ML_WORKSPACE"],
)

endpoint_name = "openapi-notebook"
report: dict[str, Any] = {}

ml_client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=endpoint_name)).result()
deployment = ManagedOnlineDeployment(
    name="nested",
    endpoint_name=endpoint_name,
    environment=Environment(image="mcr.microsoft.com/azureml/minimal-ubuntu22.04-py39-cpu-inference:latest"),
    code_configuration=CodeConfiguration(code="onlinescoring", scoring_script="score_schema.py"),
    instance_type="Standard_DS3_v2",
    instance_count=1,
)
ml_client.online_deployments.begin_create_or_update(deployment).result()
endpoint = ml_client.online_endpoints.get(endpoint_name)
endpoint.traffic = {"nested": 100}
ml_client.online_endpoints.begin_create_or_update(endpoint).result()

keys = ml_client.online_endpoints.get_keys(endpoint_name)
headers = {"Authorization": f"Bearer {keys.primary_key}", "Content-Type": "application/json"}
described = requests.get(endpoint.openapi_uri, headers=headers, timeout=60)
described.raise_for_status()
report["paths"] = sorted(described.json()["paths"])
report["example"] = described.json()["definitions"]["ServiceInput"]["example"]
newer = requests.get(endpoint.openapi_uri, params={"version": "3"}, headers=headers, timeout=60)
report["newer"] = newer.json().get("openapi")

answer = requests.post(endpoint.scoring_uri, json=report["example"], headers=headers, timeout=60)
answer.raise_for_status()
report["answer"] = answer.json()
refused = requests.post(endpoint.scoring_uri, json={"other": 1}, headers=headers, timeout=60)
report["another input"] = [refused.status_code, refused.headers.get("ms-azureml-model-error-statuscode")]
ml_client.online_endpoints.begin_delete(name=endpoint_name)
Path("openapi.json").write_text(json.dumps(report), encoding="utf-8")
