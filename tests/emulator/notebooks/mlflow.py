"""An MLflow model, first without a scoring script and without an environment, then with a custom script."""

import json
import os
from pathlib import Path

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

endpoint_name = "mlflow-notebook"
report: dict[str, object] = {}

ml_client.models.create_or_update(Model(name="formula-notebook", path="formula", type=AssetTypes.MLFLOW_MODEL))
model = ml_client.models.get("formula-notebook", label="latest")
report["model"] = [model.type, model.version]

endpoint = ManagedOnlineEndpoint(name=endpoint_name, auth_mode="key")
ml_client.online_endpoints.begin_create_or_update(endpoint).result()
without_script = ManagedOnlineDeployment(
    name="without-script", endpoint_name=endpoint_name, model=model, instance_type="Standard_F4s_v2", instance_count=1
)
with_script = ManagedOnlineDeployment(
    name="with-script",
    endpoint_name=endpoint_name,
    model=model,
    environment=Environment(
        conda_file="formula/conda.yaml", image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
    ),
    code_configuration=CodeConfiguration(code="onlinescoring", scoring_script="score_mlflow.py"),
    instance_type="Standard_F4s_v2",
    instance_count=1,
)
for poller in [ml_client.online_deployments.begin_create_or_update(each) for each in (without_script, with_script)]:
    poller.result()
for name, request in {"without-script": "mlflow-request.json", "with-script": "request.json"}.items():
    report[name] = ml_client.online_endpoints.invoke(
        endpoint_name=endpoint_name, deployment_name=name, request_file=request
    )
report["log"] = ml_client.online_deployments.get_logs(name="with-script", endpoint_name=endpoint_name, lines=100)
ml_client.online_endpoints.begin_delete(name=endpoint_name)
Path("mlflow.json").write_text(json.dumps(report), encoding="utf-8")
