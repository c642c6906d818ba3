"""Moves traffic to green in a loop that waits for the request log, and moves it back if too many requests fail."""

import json
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from azure.ai.ml import MLClient
from azure.ai.ml.entities import CodeConfiguration, Environment, ManagedOnlineDeployment, ManagedOnlineEndpoint, Model
from azure.core.exceptions import HttpResponseError
from azure.core.polling import LROPoller
from azure.identity import DefaultAzureCredential
from azure.monitor.query import LogsQueryClient, LogsQueryResult

ml_client = MLClient(
    DefaultAzureCredential(),
    os.environ["AZURE_SUBSCRIPTION_ID"],
    os.environ["AZURE_RESOURCE_GROUP"],
    os.environ["AZURE_ML_WORKSPACE"],
)
logs_client = LogsQueryClient(DefaultAzureCredential())
workspace = os.environ["LOG_ANALYTICS_WORKSPACE"]
endpoint_name = "shift-notebook"
report: dict[str, Any] = {"steps": []}

endpoint = ManagedOnlineEndpoint(name=endpoint_name, auth_mode="key")
ml_client.online_endpoints.begin_create_or_update(endpoint).result()


def deployed(name: str, word: str) -> LROPoller[ManagedOnlineDeployment]:
    """Start to deploy one word."""
    poller: LROPoller[ManagedOnlineDeployment] = ml_client.online_deployments.begin_create_or_update(
        ManagedOnlineDeployment(
            name=name,
            endpoint_name=endpoint_name,
            model=Model(path=f"words/{word}.txt"),
            environment=Environment(image="mcr.microsoft.com/azureml/minimal-ubuntu22.04-py39-cpu-inference:latest"),
            code_configuration=CodeConfiguration(code="onlinescoring", scoring_script="score.py"),
            instance_type="Standard_DS3_v2",
            instance_count=1,
        )
    )
    return poller


for poller in [deployed("blue", "first"), deployed("green", "second")]:
    poller.result()
scoring_uri = ml_client.online_endpoints.get(endpoint_name).scoring_uri
key = ml_client.online_endpoints.get_keys(endpoint_name).primary_key


def failures_of_green(least: int) -> float:
    """Return green's share of failed requests, once the log has this many of them."""
    query = f"""
    AmlOnlineEndpointTrafficLog
    | where EndpointName == "{endpoint_name}" and DeploymentName == "green"
    | summarize total = count(), failed = countif(ResponseCode >= 400)
    """
    while True:
        try:
            answer = logs_client.query_workspace(workspace, query, timespan=timedelta(hours=1))
        except HttpResponseError as error:  # the table is created with its first row
            if "Failed to resolve table" not in str(error):
                raise
        else:
            total, failed = answer.tables[0].rows[0] if isinstance(answer, LogsQueryResult) else (0, 0)
            if total >= least:
                return float(failed / total)
        time.sleep(0.5)


for step, (weight, request) in enumerate([(50, {"model": "second"}), (100, {"model": "none"})], start=1):
    endpoint.traffic = {"blue": 100 - weight, "green": weight}
    ml_client.online_endpoints.begin_create_or_update(endpoint).result()
    for _ in range(10):
        headers = {"Authorization": f"Bearer {key}", "azureml-model-deployment": "green"}
        requests.post(scoring_uri, json=request, headers=headers, timeout=60)
    share = failures_of_green(10 * step)
    report["steps"].append([weight, share])
    if share > 0.1:
        endpoint.traffic = {"blue": 100, "green": 0}
        ml_client.online_endpoints.begin_create_or_update(endpoint).result()
        break

report["traffic"] = ml_client.online_endpoints.get(endpoint_name).traffic
ml_client.online_endpoints.begin_delete(name=endpoint_name)
Path("blocking_shift.json").write_text(json.dumps(report), encoding="utf-8")
