"""Files in and out: a script that takes whole HTTP requests, its own OpenAPI document, and a replacement script."""

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

endpoint_name = "binary-notebook"
report: dict[str, Any] = {}
content = bytes(range(200))

ml_client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=endpoint_name, tags={"a": "1"})).result()
deployment = ManagedOnlineDeployment(
    name="files",
    endpoint_name=endpoint_name,
    environment=Environment(image="mcr.microsoft.com/azureml/minimal-ubuntu22.04-py39-cpu-inference:latest"),
    code_configuration=CodeConfiguration(code="rawhttp", scoring_script="reversed.py"),
    instance_count=1,
)
deployment = ml_client.online_deployments.begin_create_or_update(deployment).result()
report["machine"] = deployment.instance_type

endpoint = ml_client.online_endpoints.get(endpoint_name)
endpoint.description, endpoint.tags, endpoint.traffic = "files", {"b": "2"}, {"files": 100}
endpoint = ml_client.online_endpoints.begin_create_or_update(endpoint).result()
report["edited"] = [endpoint.description, endpoint.tags, endpoint.traffic]

headers = {"Authorization": f"Bearer {ml_client.online_endpoints.get_keys(endpoint_name).primary_key}"}
answer = requests.post(endpoint.scoring_uri, headers=headers, files=[("file", ("x.png", content))], timeout=60)
report["answer"] = [answer.status_code, answer.headers["content-type"], answer.content == content[::-1]]
refused = requests.post(endpoint.scoring_uri, headers=headers, timeout=60)
report["without a file"] = [refused.status_code, refused.headers["ms-azureml-model-error-statuscode"], refused.text]
report["described"] = requests.get(endpoint.openapi_uri, headers=headers, timeout=60).json()["info"]["title"]

deployment.code_configuration = CodeConfiguration(code=deployment.code_configuration.code, scoring_script="sizes.py")
ml_client.online_deployments.begin_create_or_update(deployment).result()
files = [("file[]", (name, content[:size])) for name, size in {"x.png": 7, "y.png": 90}.items()]
report["sizes"] = requests.post(endpoint.scoring_uri, headers=headers, files=files, timeout=60).json()
ml_client.online_endpoints.begin_delete(name=endpoint_name)
Path("binary.json").write_text(json.dumps(report), encoding="utf-8")
