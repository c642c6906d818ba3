"""Autoscale settings of deployments (Microsoft.Insights/autoscalesettings): stored and shown, without effect.

A setting outlives its deployment until it is deleted, like any resource of Azure Monitor.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field

from emulator.arm_errors import ArmError, bad_request, not_found
from emulator.clock import VirtualClock
from emulator.resource_manager import bodies, documents
from emulator.resource_manager.calls import Call, Reply
from emulator.resources import Json, Workspace

_TARGET = re.compile(r"/onlineEndpoints/([^/]+)/deployments/([^/]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AutoscaleSettings:
    """The handlers. `known` maps lower-case names to the name as it was given and the body that was accepted."""

    clock: VirtualClock
    known: dict[str, tuple[str, Json]] = field(default_factory=dict)

    async def list_all(self, call: Call) -> Reply:
        """GET autoscalesettings, of a group or of the subscription."""
        return Reply(body={"value": [_document(call.workspace, *each) for each in self.known.values()]})

    async def show(self, call: Call) -> Reply:
        """GET autoscalesettings/{setting}."""
        return Reply(body=_document(call.workspace, *self._existing(call)))

    async def put(self, call: Call) -> Reply:
        """PUT autoscalesettings/{setting}: create it or replace all of it, synchronously."""
        return self._write(call, bodies.writable(bodies.checked("autoscaleSetting", call.body)))

    async def patch(self, call: Call) -> Reply:
        """PATCH autoscalesettings/{setting}: replace tags or properties."""
        _, present = self._existing(call)
        bodies.check_patch(call.body, "an autoscale setting", "tags", "properties")
        return self._write(call, bodies.checked("autoscaleSetting", bodies.writable(present) | call.body))

    async def delete(self, call: Call) -> Reply:
        """DELETE autoscalesettings/{setting}; deleting a setting that does not exist is not an error."""
        gone = self.known.pop(call.path["setting"].lower(), None)
        return Reply(200 if gone else 204)

    def _write(self, call: Call, body: Json) -> Reply:
        name = call.path["setting"]
        target = str(body["properties"].get("targetResourceUri") or "")
        _require_deployment(call.workspace, target)
        self._require_only_one(name, target)
        for profile in body["properties"]["profiles"]:
            _require_capacity(profile)
        before = self.known.get(name.lower())
        stored = documents.with_system_data(body, self.clock.now(), before[1] if before else None)
        self.known[name.lower()] = (before[0] if before else name, stored)
        return Reply(200 if before else 201, _document(call.workspace, *self.known[name.lower()]))

    def _existing(self, call: Call) -> tuple[str, Json]:
        found = self.known.get(call.path["setting"].lower())
        if found is None:
            raise not_found("Microsoft.Insights/autoscalesettings", call.path["setting"])
        return found

    def _require_only_one(self, name: str, target: str) -> None:
        for other, body in self.known.values():
            if other.lower() != name.lower() and body["properties"]["targetResourceUri"].lower() == target.lower():
                raise ArmError(409, "Conflict", f"The autoscale setting '{other}' already has the target '{target}'.")


def _require_deployment(workspace: Workspace, target: str) -> None:
    """Check that the target is a deployment of the workspace; nothing else can be scaled here."""
    below = target[len(workspace.id) :] if target.lower().startswith(workspace.id.lower()) else ""
    match = _TARGET.fullmatch(below)
    endpoint = workspace.endpoints.get(match[1].lower()) if match else None
    if match is None or endpoint is None or match[2].lower() not in endpoint.deployments:
        raise bad_request(f"The target resource '{target}' was not found.", "ResourceNotFound")


def _require_capacity(profile: Json) -> None:
    least, usual, most = (int(profile["capacity"][key]) for key in ("minimum", "default", "maximum"))
    if not least <= usual <= most:
        raise bad_request(f"Profile '{profile['name']}': the default must be between minimum and maximum.")


def _document(workspace: Workspace, name: str, body: Json) -> Json:
    defaults = {"enabled": False, "notifications": [], "name": name}
    return {
        "tags": {},
        **copy.deepcopy(body),
        "id": f"{workspace.group_id}/providers/microsoft.insights/autoscalesettings/{name}",
        "name": name,
        "type": "Microsoft.Insights/autoscaleSettings",
        "properties": defaults | body["properties"],
    }
