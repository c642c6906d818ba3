"""Computes: one attached Kubernetes cluster. Read-only; attaching another one is not emulated."""

from __future__ import annotations

from emulator.arm_errors import not_found
from emulator.resource_manager import listing
from emulator.resource_manager.calls import Call, Reply
from emulator.resources import PROVIDER, Json, Workspace

_CLUSTERS = "Microsoft.ContainerService/managedClusters"
DEFAULT_INSTANCE_TYPE = "defaultinstancetype"
# The default that Azure's cluster extension creates, and a larger one as an administrator might add.
INSTANCE_TYPES: Json = {
    DEFAULT_INSTANCE_TYPE: {
        "nodeSelector": {},
        "resources": {"requests": {"cpu": "100m", "memory": "2Gi"}, "limits": {"cpu": "2", "memory": "2Gi"}},
    },
    "large": {
        "nodeSelector": {},
        "resources": {"requests": {"cpu": "2", "memory": "8Gi"}, "limits": {"cpu": "4", "memory": "16Gi"}},
    },
}


async def list_all(call: Call) -> Reply:
    """GET computes."""
    return listing.listed(call, "computes", [_document(call.workspace)], listing.COMPUTES)


async def show(call: Call) -> Reply:
    """GET computes/{compute}."""
    if call.path["compute"].lower() != call.workspace.kubernetes.lower():
        raise not_found("computes", call.path["compute"])
    return Reply(body=_document(call.workspace))


def compute_id(workspace: Workspace) -> str:
    """Return the ARM id of the attached cluster."""
    return f"{workspace.id}/computes/{workspace.kubernetes}"


def _document(workspace: Workspace) -> Json:
    return {
        "id": compute_id(workspace),
        "name": workspace.kubernetes,
        "type": f"{PROVIDER}/workspaces/computes",
        "location": workspace.region,
        "tags": {},
        "properties": {
            "computeType": "Kubernetes",
            "computeLocation": workspace.region,
            "description": "",
            "resourceId": f"{workspace.group_id}/providers/{_CLUSTERS}/{workspace.kubernetes}",
            "provisioningState": "Succeeded",
            "provisioningErrors": None,
            "isAttachedCompute": True,
            "disableLocalAuth": False,
            "properties": {
                "namespace": "default",
                "defaultInstanceType": DEFAULT_INSTANCE_TYPE,
                "instanceTypes": INSTANCE_TYPES,
            },
        },
    }
