"""One managed endpoint with one deployment, everything defined inline, from creation to deletion."""

import json
import os
from pathlib import Path

from azure.ai.ml import MLClient
from azure.ai.ml.entities import CodeConfiguration, Environment, ManagedOnlineDeployment, ManagedOnlineEndpoint, Model
from azure.identity import DefaultAzureCredential

ml_client = MLClient(
    DefaultAzureCredential(),
    os.environ["AZURE_SUBSCRIPTION_ID"],
    os.environ["AZURE_RESOURCE_GROUP"],
    os.environ["AZURE_ML_WORKSPACE"],
)

endpoint_name = "simple-notebook"
report: dict[str, object] = {}

endpoint = ManagedOnlineEndpoint(
    name=endpoint_name, description="predicts nothing of importance", auth_mode="key", tags={"foo": "bar"}
)
ml_client.online_endpoints.begin_create_or_update(endpoint).result()

deployment = ManagedOnlineDeployment(
    name="blue",
    endpoint_name=endpoint_name,
    model=Model(path="words/first.txt"),
    environment=Environment(conda_file="conda.yaml", image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest"),
    code_configuration=CodeConfiguration(code="onlinescoring", scoring_script="score.py"),
    instance_type="Standard_DS3_v2",
    instance_count=1,
)
ml_client.online_deployments.begin_create_or_update(deployment).result()
endpoint.traffic = {"blue": 100}
ml_client.online_endpoints.begin_create_or_update(endpoint).result()

found = ml_client.online_endpoints.get(name=endpoint_name)
report["kind and traffic"] = [found.kind, found.traffic]
report["scoring uri ends with"] = found.scoring_uri.rpartition("/")[2]
report["endpoints"] = endpoint_name in [each.name for each in ml_client.online_endpoints.list()]
report["answer"] = ml_client.online_endpoints.invoke(endpoint_name=endpoint_name, request_file="request.json")
report["log"] = ml_client.online_deployments.get_logs(name="blue", endpoint_name=endpoint_name, lines=50)

ml_client.online_endpoints.begin_delete(name=endpoint_name).result()
report["deleted"] = endpoint_name not in [each.name for each in ml_client.online_endpoints.list()]
Path("simple.json").write_text(json.dumps(report), encoding="utf-8")
