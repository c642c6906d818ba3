"""The documents that clients read: state rendered as ARM resources, with what the service fills in."""

from __future__ import annotations

import copy
import uuid
from datetime import datetime

from emulator.resource_manager.computes import DEFAULT_INSTANCE_TYPE, INSTANCE_TYPES
from emulator.resources import ASSET_KINDS, PROVIDER, AssetContainer, Deployment, Endpoint, Json, Workspace

_PROBE = {"initialDelay": "PT10S", "period": "PT10S", "timeout": "PT2S", "failureThreshold": 30, "successThreshold": 1}
_REQUESTS = {"maxConcurrentRequestsPerInstance": 1, "requestTimeout": "PT5S", "maxQueueWait": "PT0.5S"}
_ASSET_TYPES = {kind: f"{PROVIDER}/workspaces/{kind}" for kind in ASSET_KINDS}


def with_system_data(body: Json, now: datetime, previous: Json | None = None) -> Json:
    """Return `body` with the system data of a resource that is created, or modified, at `now`."""
    data = {"lastModifiedAt": now.isoformat(), "lastModifiedBy": "emulator", "lastModifiedByType": "Application"}
    created = {"createdAt": now.isoformat(), "createdBy": "emulator", "createdByType": "Application"}
    return {**body, "systemData": {**((previous or {}).get("systemData") or created), **data}}


def storage_account_id(state: Workspace) -> str:
    """Return the ARM id of the workspace's storage account."""
    return f"{state.group_id}/providers/Microsoft.Storage/storageAccounts/{state.storage_account}"


def workspace(state: Workspace) -> Json:
    """Return the workspace as ARM shows it."""
    return {
        "id": state.id,
        "name": state.name,
        "type": f"{PROVIDER}/workspaces",
        "location": state.region,
        "kind": "Default",
        "tags": {},
        "identity": {"type": "SystemAssigned", "principalId": state.guid, "tenantId": state.guid},
        "sku": {"name": "Basic", "tier": "Basic"},
        "properties": {
            "friendlyName": state.name,
            "description": "",
            "workspaceId": state.guid,
            "provisioningState": "Succeeded",
            "storageAccount": storage_account_id(state),
            "discoveryUrl": f"https://{state.region}.api.azureml.ms/discovery",
            "mlFlowTrackingUri": f"azureml://{state.region}.api.azureml.ms/mlflow/v1.0{state.id}",
            "publicNetworkAccess": "Enabled",
            "hbiWorkspace": False,
        },
    }


def endpoint(state: Workspace, item: Endpoint) -> Json:
    """Return the endpoint as ARM shows it, without its keys."""
    address = f"https://{item.name}.{state.region}.inference.ml.azure.com"
    document = copy.deepcopy(item.body)
    given = document["properties"]
    properties = {"traffic": {}, "mirrorTraffic": {}, "properties": {}, "publicNetworkAccess": "Enabled"}
    properties |= {key: value for key, value in given.items() if key != "keys"}
    properties |= {"scoringUri": f"{address}/score", "swaggerUri": f"{address}/swagger.json"}
    return {
        "kind": "K8S" if given.get("compute") else "Managed",
        **document,
        "id": f"{state.id}/onlineEndpoints/{item.name}",
        "name": item.name,
        "type": f"{PROVIDER}/workspaces/onlineEndpoints",
        "tags": document.get("tags", {}),
        "identity": _identity(document.get("identity") or {"type": "SystemAssigned"}, address, state),
        "properties": properties | {"provisioningState": item.provisioning_state},
    }


def _identity(given: Json, owner: str, state: Workspace) -> Json:
    """Return an identity with the ids that Entra fills in; they are stable."""
    shown = dict(given)
    if "SystemAssigned" in given["type"]:
        shown |= {"principalId": str(uuid.uuid5(uuid.NAMESPACE_URL, owner)), "tenantId": state.guid}
    if "userAssignedIdentities" in given:
        shown["userAssignedIdentities"] = {
            name: {part: str(uuid.uuid5(uuid.NAMESPACE_URL, name + part)) for part in ("principalId", "clientId")}
            for name in given["userAssignedIdentities"]
        }
    return shown


def deployment_properties(given: Json) -> Json:
    """Return a deployment's properties with the service's defaults filled in."""
    kubernetes = given["endpointComputeType"].lower() == "kubernetes"
    return {
        "appInsightsEnabled": False,
        "egressPublicNetworkAccess": "Enabled",
        "environmentVariables": {},
        "properties": {},
        "scaleSettings": {"scaleType": "Default"},
        **given,
        **(_of_instance_type(given) if kubernetes else {}),
        "requestSettings": _REQUESTS | given.get("requestSettings", {}),
        "livenessProbe": _PROBE | given.get("livenessProbe", {}),
        "readinessProbe": _PROBE | given.get("readinessProbe", {}),
    }


def _of_instance_type(given: Json) -> Json:
    """Return what a deployment on Kubernetes gets from its instance type, or from the default one: its resources."""
    name = given.get("instanceType", DEFAULT_INSTANCE_TYPE)
    known, resources = INSTANCE_TYPES[name]["resources"], given.get("containerResourceRequirements", {})
    requirements = {
        "containerResourceRequests": known["requests"] | resources.get("containerResourceRequests", {}),
        "containerResourceLimits": known["limits"] | resources.get("containerResourceLimits", {}),
    }
    return {"instanceType": name, "containerResourceRequirements": requirements}


def deployment(state: Workspace, item: Deployment) -> Json:
    """Return the deployment as ARM shows it."""
    document = copy.deepcopy(item.body)
    properties = deployment_properties(document["properties"])
    arm_id = f"{state.id}/onlineEndpoints/{item.endpoint}/deployments/{item.name}"
    if document.get("identity"):
        document["identity"] = _identity(document["identity"], arm_id, state)
    on_kubernetes = properties["endpointComputeType"].lower() == "kubernetes"
    return {
        "kind": "K8S" if on_kubernetes else "Managed",
        **document,
        "id": arm_id,
        "name": item.name,
        "type": f"{PROVIDER}/workspaces/onlineEndpoints/deployments",
        "tags": document.get("tags", {}),
        "sku": {"name": "Default", "tier": "Standard", "capacity": 1} | document.get("sku", {}),
        "properties": properties | {"provisioningState": item.provisioning_state},
    }


def container(state: Workspace, kind: str, name: str, item: AssetContainer) -> Json:
    """Return an asset's container as ARM shows it."""
    versions = {"latestVersion": item.latest_version, "nextVersion": item.next_version}
    defaults: Json = {"tags": {}, "properties": {}, "isArchived": False, **_state(kind)}
    if kind == "data" and item.latest_version:
        defaults["dataType"] = item.versions[item.latest_version]["properties"].get("dataType", "uri_folder")
    return {
        **item.body,
        "id": f"{state.id}/{kind}/{name}",
        "name": name,
        "type": _ASSET_TYPES[kind],
        "properties": defaults | item.body.get("properties", {}) | versions,
    }


def version(state: Workspace, kind: str, name: str, number: str, body: Json) -> Json:
    """Return one version of an asset as ARM shows it."""
    defaults: Json = {"tags": {}, "properties": {}, "isArchived": False, "isAnonymous": False}
    if kind == "models":
        defaults |= {"flavors": {}, "modelType": "custom_model"}  # clients fail on a model without flavors
    elif kind == "environments":
        defaults |= {"environmentType": "UserCreated", "osType": "Linux", "autoRebuild": "Disabled"}
    return {
        **body,
        "id": f"{state.id}/{kind}/{name}/versions/{number}",
        "name": number,
        "type": f"{_ASSET_TYPES[kind]}/versions",
        "properties": defaults | body["properties"] | _state(kind),
    }


def _state(kind: str) -> Json:
    """Return the provisioning state of an asset; data has none."""
    return {} if kind == "data" else {"provisioningState": "Succeeded"}
