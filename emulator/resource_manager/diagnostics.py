"""Diagnostic settings of online endpoints (Microsoft.Insights/diagnosticSettings), and the workspace they log to.

A request is logged only if a setting of its endpoint sends the request log to the emulated Log Analytics workspace.
Settings are stored, shown and deleted like any resource of Azure Monitor; here they are deleted with their endpoint.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

from emulator.arm_errors import bad_request, not_found
from emulator.resource_manager.calls import Call, Reply
from emulator.resources import Endpoint, Json, Workspace

TRAFFIC = "AmlOnlineEndpointTrafficLog"
CATEGORIES = (TRAFFIC, "AmlOnlineEndpointConsoleLog", "AmlOnlineEndpointEventLog")
GROUPS = ("allLogs", "audit")
DESTINATIONS = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId")
BY_POLICY = "set-by-policy"


@dataclass(frozen=True, slots=True)
class DiagnosticSettings:
    """The handlers, below an endpoint."""

    async def list_all(self, call: Call) -> Reply:
        """GET diagnosticSettings."""
        endpoint = _endpoint(call)
        return Reply(body={"value": [_document(call, endpoint, name) for name in endpoint.diagnostics]})

    async def show(self, call: Call) -> Reply:
        """GET diagnosticSettings/{setting}."""
        endpoint = _endpoint(call)
        return Reply(body=_document(call, endpoint, _existing(call, endpoint)))

    async def put(self, call: Call) -> Reply:
        """PUT diagnosticSettings/{setting}: create it or replace all of it, synchronously (200 in both cases)."""
        endpoint, properties = _endpoint(call), call.body.get("properties")
        if not isinstance(properties, dict):
            raise bad_request("The request content was invalid: 'properties' is missing.", "InvalidRequestContent")
        _check(properties)
        name = _known_as(endpoint, call.path["setting"]) or call.path["setting"]
        endpoint.diagnostics[name] = copy.deepcopy(properties)
        return Reply(200, _document(call, endpoint, name))

    async def patch(self, call: Call) -> Reply:
        """PATCH does not exist for diagnostic settings."""
        raise bad_request(f"PATCH is not supported for '{call.path['setting']}'.", "UnsupportedMethod")

    async def delete(self, call: Call) -> Reply:
        """DELETE diagnosticSettings/{setting}; deleting a setting that does not exist is not an error."""
        endpoint = _endpoint(call)
        name = _known_as(endpoint, call.path["setting"])
        if name is None:
            return Reply(204)
        del endpoint.diagnostics[name]
        return Reply(200)


async def show_logs_workspace(call: Call) -> Reply:
    """GET Microsoft.OperationalInsights/workspaces/{logs}: the only workspace."""
    workspace = call.workspace
    if call.path["logs"].lower() != workspace.logs_id.rpartition("/")[2].lower():
        raise not_found("Microsoft.OperationalInsights/workspaces", call.path["logs"])
    properties = {"customerId": workspace.guid, "provisioningState": "Succeeded", "retentionInDays": 30}
    return Reply(
        body={
            "id": workspace.logs_id,
            "name": workspace.logs_id.rpartition("/")[2],
            "type": "Microsoft.OperationalInsights/workspaces",
            "location": workspace.region,
            "properties": properties,
        }
    )


def by_policy(workspace: Workspace) -> dict[str, Json]:
    """Return the setting that an Azure Policy assignment gives every new endpoint."""
    return {BY_POLICY: {"workspaceId": workspace.logs_id, "logs": [{"category": TRAFFIC, "enabled": True}]}}


def logged(workspace: Workspace, endpoint: str) -> bool:
    """Return whether requests of this endpoint are logged in the emulated workspace."""
    found = workspace.endpoints.get(endpoint.lower())
    return found is not None and any(_sends(setting, workspace.logs_id) for setting in found.diagnostics.values())


def _sends(properties: Json, logs_id: str) -> bool:
    if str(properties.get("workspaceId") or "").lower() != logs_id.lower():
        return False
    return any(
        log.get("enabled") and (log.get("category") == TRAFFIC or log.get("categoryGroup") == "allLogs")
        for log in properties.get("logs") or []
    )


def _check(properties: Json) -> None:
    for log in properties.get("logs") or []:
        category, group = log.get("category"), log.get("categoryGroup")
        if (category is None) == (group is None):
            raise bad_request("Each log must have either a category or a category group.")
        if category is not None and category not in CATEGORIES:
            raise bad_request(f"Category '{category}' is not supported.")
        if group is not None and group not in GROUPS:
            raise bad_request(f"Category group '{group}' is not supported.")
    if not any(properties.get(destination) for destination in DESTINATIONS):
        raise bad_request("At least one data sink needs to be specified.")


def _endpoint(call: Call) -> Endpoint:
    found = call.workspace.endpoints.get(call.path["endpoint"].lower())
    if found is None:
        raise not_found("Microsoft.MachineLearningServices/workspaces/onlineEndpoints", call.path["endpoint"])
    return found


def _known_as(endpoint: Endpoint, name: str) -> str | None:
    return next((known for known in endpoint.diagnostics if known.lower() == name.lower()), None)


def _existing(call: Call, endpoint: Endpoint) -> str:
    name = _known_as(endpoint, call.path["setting"])
    if name is None:
        raise not_found("Microsoft.Insights/diagnosticSettings", call.path["setting"])
    return name


def _document(call: Call, endpoint: Endpoint, name: str) -> Json:
    place = f"{call.workspace.id}/onlineEndpoints/{endpoint.name}".lower()
    defaults: Json = {"logs": [], "metrics": [], "storageAccountId": None, "workspaceId": None}
    return {
        "id": f"{place}/providers/microsoft.insights/diagnosticSettings/{name}",
        "name": name,
        "type": "Microsoft.Insights/diagnosticSettings",
        "properties": defaults | copy.deepcopy(endpoint.diagnostics[name]),
    }
