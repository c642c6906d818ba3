"""The entry points of Azure Resource Manager: tenants, subscriptions, locations, resource groups, providers, resources.

There is one of each, or as many as the workspace needs; all are read-only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from emulator.arm_errors import ArmError, not_emulated
from emulator.resource_manager import documents
from emulator.resource_manager.calls import Call, Reply
from emulator.resources import PROVIDER, Json, Workspace

NAME = "Emulated"
_CONDITION = re.compile(r"(?P<name>resourceType|name) eq '(?P<value>[^']*)'", re.IGNORECASE)
_VERSIONS = {
    PROVIDER: ("2024-10-01", ("workspaces", "workspaces/onlineEndpoints", "workspaces/onlineEndpoints/deployments")),
    "Microsoft.Insights": ("2021-05-01-preview", ("diagnosticSettings",)),
    "Microsoft.OperationalInsights": ("2023-09-01", ("workspaces",)),
    "Microsoft.Storage": ("2023-05-01", ("storageAccounts",)),
    "Microsoft.Authorization": ("2022-04-01", ("roleAssignments", "roleDefinitions")),
    "Microsoft.Resources": ("2022-09-01", ("resourceGroups", "subscriptions", "tenants")),
}


@dataclass(frozen=True, slots=True)
class Tenancy:
    """The handlers. `tenant` is the id of the only tenant."""

    tenant: str

    async def tenants(self, _: Call) -> Reply:
        """GET tenants."""
        shown = {"id": f"/tenants/{self.tenant}", "tenantId": self.tenant, "tenantCategory": "Home"}
        domain = "emulated.onmicrosoft.com"
        names = {"displayName": NAME, "defaultDomain": domain, "domains": [domain], "countryCode": "NL"}
        return Reply(body={"value": [shown | names]})

    async def subscriptions(self, call: Call) -> Reply:
        """GET subscriptions."""
        return Reply(body={"value": [self._subscription(call.workspace)]})

    async def subscription(self, call: Call) -> Reply:
        """GET subscriptions/{subscription}."""
        return Reply(body=self._subscription(call.workspace))

    def _subscription(self, workspace: Workspace) -> Json:
        policies = {"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01"}
        return {
            "id": f"/subscriptions/{workspace.subscription}",
            "subscriptionId": workspace.subscription,
            "tenantId": self.tenant,
            "displayName": NAME,
            "state": "Enabled",
            "subscriptionPolicies": policies | {"spendingLimit": "Off"},
            "authorizationSource": "RoleBased",
            "managedByTenants": [],
        }


async def locations(call: Call) -> Reply:
    """GET locations of the subscription."""
    region = call.workspace.region
    place = {"id": f"/subscriptions/{call.workspace.subscription}/locations/{region}", "name": region, "type": "Region"}
    names = {"displayName": region, "regionalDisplayName": region}
    metadata = {"regionType": "Physical", "regionCategory": "Recommended", "geographyGroup": "", "pairedRegion": []}
    return Reply(body={"value": [place | names | {"metadata": metadata}]})


async def groups(call: Call) -> Reply:
    """GET resourceGroups."""
    return Reply(body={"value": [_group(call.workspace)]})


async def group(call: Call) -> Reply:
    """GET resourceGroups/{group}."""
    _require_group(call)
    return Reply(body=_group(call.workspace))


async def group_exists(call: Call) -> Reply:
    """HEAD resourceGroups/{group}."""
    _require_group(call)
    return Reply(204)


async def resources(call: Call) -> Reply:
    """GET resources, of the subscription or of a group, optionally of one type or name."""
    if "group" in call.path:
        _require_group(call)
    conditions = {}
    for condition in filter(None, re.split(r"\s+and\s+", call.query.get("$filter", ""))):
        match = _CONDITION.fullmatch(condition.strip())
        if match is None:
            raise not_emulated(f"The condition {condition!r} of a list of resources")
        conditions["name" if match["name"].lower() == "name" else "type"] = match["value"].lower()
    found = [each for each in _resources(call.workspace) if all(each[k].lower() == v for k, v in conditions.items())]
    return Reply(body={"value": found})


async def providers(call: Call) -> Reply:
    """GET providers."""
    return Reply(body={"value": [_provider(call.workspace, namespace) for namespace in _VERSIONS]})


async def provider(call: Call) -> Reply:
    """GET providers/{namespace}, and POST its registration: everything is registered."""
    found = next((each for each in _VERSIONS if each.lower() == call.path["namespace"].lower()), None)
    if found is None:
        raise not_emulated(f"The resource provider {call.path['namespace']}")
    return Reply(body=_provider(call.workspace, found))


def _require_group(call: Call) -> None:
    if call.path["group"].lower() != call.workspace.resource_group.lower():
        message = f"Resource group '{call.path['group']}' could not be found."
        raise ArmError(404, "ResourceGroupNotFound", message)


def _group(workspace: Workspace) -> Json:
    return {
        "id": workspace.group_id,
        "name": workspace.resource_group,
        "type": "Microsoft.Resources/resourceGroups",
        "location": workspace.region,
        "tags": {},
        "properties": {"provisioningState": "Succeeded"},
    }


def _resources(workspace: Workspace) -> Iterator[Json]:
    """Yield the resources of the group as lists show them: without properties."""
    yield _listed(documents.workspace(workspace))
    for arm_id in (documents.storage_account_id(workspace), workspace.logs_id):
        namespace, kind, name = arm_id.rsplit("/", 3)[1:]
        yield {"id": arm_id, "name": name, "type": f"{namespace}/{kind}", "location": workspace.region, "tags": {}}
    for endpoint in workspace.endpoints.values():
        yield _listed(documents.endpoint(workspace, endpoint), workspace.name)
        for deployment in endpoint.deployments.values():
            yield _listed(documents.deployment(workspace, deployment), workspace.name, endpoint.name)


def _listed(document: Json, *parents: str) -> Json:
    kept = {
        key: document[key] for key in ("id", "type", "location", "kind", "tags", "sku", "identity") if key in document
    }
    return kept | {"name": "/".join((*parents, document["name"]))}


def _provider(workspace: Workspace, namespace: str) -> Json:
    version, kinds = _VERSIONS[namespace]
    types = [
        {"resourceType": kind, "locations": [workspace.region], "apiVersions": [version], "capabilities": "None"}
        for kind in kinds
    ]
    arm_id = f"/subscriptions/{workspace.subscription}/providers/{namespace}"
    registration = {"registrationState": "Registered", "registrationPolicy": "RegistrationRequired"}
    return {"id": arm_id, "namespace": namespace, **registration, "resourceTypes": types}
