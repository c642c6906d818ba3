"""Endpoint and deployment documents as ARM returns them, with everything that a rollout must leave unchanged."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

WORKSPACE = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/ml"
    "/providers/Microsoft.MachineLearningServices/workspaces/churn-ws"
)
IDENTITY = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/ml"
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/scorer"
)
SYSTEM_DATA = {"createdBy": "someone", "createdAt": "2026-01-01T00:00:00Z", "lastModifiedAt": "2026-01-02T00:00:00Z"}
NOTES = {
    "createdBy": "someone",
    "createdAt": "2026-01-01",
    "lastModifiedAt": "2026-01-02",
    "AzureAsyncOperationUri": "https://management.azure.com/subscriptions/s/operations/of-churn-6",
}


def endpoint(**properties: Any) -> Json:  # noqa: ANN401  # any JSON
    """Return an endpoint with every property."""
    return {
        "id": f"{WORKSPACE}/onlineEndpoints/churn",
        "name": "churn",
        "type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
        "location": "westeurope",
        "kind": "Managed",
        "tags": {"team": "retention"},
        "identity": {
            "type": "SystemAssigned, UserAssigned",
            "principalId": "p",
            "tenantId": "t",
            "userAssignedIdentities": {IDENTITY: {"principalId": "p2", "clientId": "c2"}},
        },
        "systemData": SYSTEM_DATA,
        "properties": {
            "authMode": "Key",
            "description": "who leaves",
            "properties": {"azureml.note": "kept"},
            "traffic": {"churn-6": 100, "churn-7": 0},
            "mirrorTraffic": {"churn-7": 20},
            "publicNetworkAccess": "Disabled",
            "compute": "unheard-of",
            "provisioningState": "Succeeded",
            "scoringUri": "https://churn.westeurope.inference.ml.azure.com/score",
            "swaggerUri": "https://churn.westeurope.inference.ml.azure.com/swagger.json",
            **properties,
        },
    }


def deployment(name: str = "churn-6", **properties: Any) -> Json:  # noqa: ANN401  # any JSON
    """Return a deployment with every property."""
    return {
        "id": f"{WORKSPACE}/onlineEndpoints/churn/deployments/{name}",
        "name": name,
        "type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
        "location": "westeurope",
        "kind": "Managed",
        "tags": {"team": "retention"},
        "sku": {"name": "Default", "tier": "Standard", "capacity": 4},
        "systemData": SYSTEM_DATA,
        "properties": {
            "endpointComputeType": "Managed",
            "provisioningState": "Succeeded",
            "model": f"{WORKSPACE}/models/churn-model/versions/6",
            "environmentId": f"{WORKSPACE}/environments/sklearn/versions/3",
            "codeConfiguration": {"codeId": f"{WORKSPACE}/codes/c/versions/1", "scoringScript": "score.py"},
            "environmentVariables": {"LIMIT": "5"},
            "instanceType": "Standard_DS3_v2",
            "modelMountPath": "/models",
            "requestSettings": {"maxConcurrentRequestsPerInstance": 4, "requestTimeout": "PT20S"},
            "livenessProbe": {"period": "PT10S"},
            "readinessProbe": {"period": "PT11S"},
            "startupProbe": {"period": "PT12S", "failureThreshold": 60},
            "scaleSettings": {"scaleType": "Default"},
            "egressPublicNetworkAccess": "Disabled",
            "appInsightsEnabled": True,
            "dataCollector": {"collections": {"model_inputs": {"dataCollectionMode": "Enabled"}}},
            "description": "who leaves",
            "properties": {"azureml.note": "kept", **NOTES},
            **properties,
        },
    }
