"""Computes: one Kubernetes cluster, attached from the start. Read only; attaching another is not emulated."""

from __future__ import annotations

from dataclasses import dataclass

from emulator.resource_manager.calls import Call, Reply
from emulator.resource_manager.errors import not_found
from emulator.resource_manager.state import PROVIDER, Workspace
from emulator.resources import Json

DEFAULT_INSTANCE_TYPE = "defaultinstancetype"
# Like the default that Azure's cluster extension makes, and a larger one as an administrator might add it.
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


@dataclass(frozen=True, slots=True)
class Computes:
    """The handlers of computes."""

    async def list_all(self, call: Call) -> Reply:
        """GET computes."""
        return Reply(body={"value": [_document(call.workspace)]})

    async def show(self, call: Call) -> Reply:
        """GET computes/{compute}."""
        if call.names["compute"].lower() != call.workspace.kubernetes.lower():
            raise not_found("computes", call.names["compute"])
        return Reply(body=_document(call.workspace))


def compute_id(workspace: Workspace) -> str:
    """Return the ARM id of the attached cluster."""
    return f"{workspace.id}/computes/{workspace.kubernetes}"


def _document(workspace: Workspace) -> Json:
    group = workspace.id.partition("/providers/")[0]
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
            "resourceId": f"{group}/providers/Microsoft.ContainerService/managedClusters/{workspace.kubernetes}",
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
