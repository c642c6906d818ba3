"""Role definitions and assignments (Microsoft.Authorization), at any scope: stored and shown, without effect.

The only principal may do everything, whatever is assigned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from emulator.arm_errors import ArmError, bad_request, not_emulated, not_found
from emulator.clock import VirtualClock
from emulator.resource_manager.calls import Call, Reply
from emulator.resources import Json

# Azure's built-in roles that concern online endpoints, with their ids.
BUILT_IN = {
    "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "AzureML Data Scientist": "f6c7c914-8db3-469d-8ca1-694a8f32e121",
    "Monitoring Reader": "43d0d8ad-25c7-4714-9337-8ba259a9fe05",
    "Log Analytics Reader": "73c42c96-874c-492b-b04d-ab87d138a893",
    "Log Analytics Data Reader": "3b03c2da-16b3-4a49-8834-0f8130efdd3b",
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Table Data Contributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "Storage Queue Data Contributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "EventGrid Data Sender": "d5a91429-5739-47e2-a06b-3470a27159e7",
    "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
}
_NAMED = re.compile(r"roleName eq '([^']*)'", re.IGNORECASE)
_OF_PRINCIPAL = re.compile(r"(?:principalId eq '|assignedTo\(')([^']*)'\)?", re.IGNORECASE)
_GIVEN = ("roleDefinitionId", "principalId", "principalType", "description", "condition", "conditionVersion")


@dataclass(frozen=True, slots=True)
class Roles:
    """The handlers; the scope is a parameter of the path. `known` maps lower-case ids to assignments."""

    clock: VirtualClock
    known: dict[str, Json] = field(default_factory=dict)

    async def definitions(self, call: Call) -> Reply:
        """GET roleDefinitions, optionally of one name."""
        condition = call.query.get("$filter", "")
        match = _NAMED.search(condition)
        if condition and not match and "atscope" not in condition.lower():
            raise not_emulated(f"The filter {condition!r} of role definitions")
        shown = [each for each in BUILT_IN if match is None or match[1].lower() == each.lower()]
        return Reply(body={"value": [_definition(call, name) for name in shown]})

    async def definition(self, call: Call) -> Reply:
        """GET roleDefinitions/{name}; the name is an id."""
        found = next((name for name, number in BUILT_IN.items() if number == call.path["name"].lower()), None)
        if found is None:
            raise ArmError(404, "RoleDefinitionDoesNotExist", f"There is no role definition '{call.path['name']}'.")
        return Reply(body=_definition(call, found))

    async def list_all(self, call: Call) -> Reply:
        """GET roleAssignments: those at, above and below the scope; `atScope()` omits those below."""
        condition, scope = call.query.get("$filter", ""), f"{call.path['scope'].lower()}/"
        match = _OF_PRINCIPAL.search(condition)
        if condition and not match and "atscope()" not in condition.lower():
            raise not_emulated(f"The filter {condition!r} of role assignments")

        def wanted(assignment: Json) -> bool:
            given = assignment["properties"]
            held = f"{given['scope'].lower()}/"
            below = "atscope()" not in condition.lower() and held.startswith(scope)
            return (scope.startswith(held) or below) and (match is None or match[1] == given["principalId"])

        return Reply(body={"value": [each for each in self.known.values() if wanted(each)]})

    async def show(self, call: Call) -> Reply:
        """GET roleAssignments/{name}."""
        found = self.known.get(_assignment_id(call).lower())
        if found is None:
            raise not_found("Microsoft.Authorization/roleAssignments", call.path["name"])
        return Reply(body=found)

    async def put(self, call: Call) -> Reply:
        """PUT roleAssignments/{name}: 201, or 409 if the principal has the role at this scope already."""
        given, scope, arm_id = call.body.get("properties") or {}, call.path["scope"], _assignment_id(call)
        unknown = sorted(set(given) - {*_GIVEN, "scope"})
        if unknown or not given.get("roleDefinitionId") or not given.get("principalId"):
            problem = f"unknown: {unknown[0]}" if unknown else "roleDefinitionId and principalId are required"
            raise bad_request(f"The request content was invalid: {problem}.", "InvalidRequestContent")
        same = [given["roleDefinitionId"].rpartition("/")[2].lower(), given["principalId"], scope.lower()]
        if same in [_what(each) for each in self.known.values()]:
            raise ArmError(409, "RoleAssignmentExists", "The role assignment already exists.")
        now = self.clock.now().isoformat().replace("+00:00", "Z")
        kept = {key: given[key] for key in _GIVEN if key in given}
        stored = {"principalType": "ServicePrincipal", **kept, "scope": scope, "createdOn": now, "updatedOn": now}
        kind = "Microsoft.Authorization/roleAssignments"
        self.known[arm_id.lower()] = {"id": arm_id, "name": call.path["name"], "type": kind, "properties": stored}
        return Reply(201, self.known[arm_id.lower()])

    async def delete(self, call: Call) -> Reply:
        """DELETE roleAssignments/{name}; deleting one that does not exist is not an error."""
        gone = self.known.pop(_assignment_id(call).lower(), None)
        return Reply(200, gone) if gone else Reply(204)


def _assignment_id(call: Call) -> str:
    return f"{call.path['scope']}/providers/Microsoft.Authorization/roleAssignments/{call.path['name']}"


def _what(assignment: Json) -> list[str]:
    given = assignment["properties"]
    return [given["roleDefinitionId"].rpartition("/")[2].lower(), given["principalId"], given["scope"].lower()]


def _definition(call: Call, name: str) -> Json:
    kind = "Microsoft.Authorization/roleDefinitions"
    arm_id = f"/subscriptions/{call.workspace.subscription}/providers/{kind}/{BUILT_IN[name]}"
    properties = {
        "roleName": name,
        "type": "BuiltInRole",
        "description": "",
        "assignableScopes": ["/"],
        "permissions": [],
    }
    return {"id": arm_id, "name": BUILT_IN[name], "type": kind, "properties": properties}
