"""Autoscale settings of deployments (Microsoft.Insights/autoscalesettings): kept and shown. They scale nothing here.

A setting whose deployment has gone stays until it is deleted, as any resource of Azure Monitor does.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field

from emulator.clock import VirtualClock
from emulator.resource_manager import bodies, documents
from emulator.resource_manager.calls import Call, Reply
from emulator.resource_manager.errors import ArmError, bad_request, not_found
from emulator.resource_manager.state import Workspace
from emulator.resources import Json

_TARGET = re.compile(r"/onlineEndpoints/([^/]+)/deployments/([^/]+)", re.IGNORECASE)
_READ_ONLY = ("id", "name", "type", "systemData")


@dataclass(frozen=True, slots=True)
class AutoscaleSettings:
    """The handlers; `known` are the bodies as accepted, by name in lower case, with the name as it was spelt."""

    clock: VirtualClock
    known: dict[str, tuple[str, Json]] = field(default_factory=dict)

    async def list_all(self, call: Call) -> Reply:
        """GET autoscalesettings, of a group or of the subscription."""
        return Reply(body={"value": [_document(call.workspace, *each) for each in self.known.values()]})

    async def show(self, call: Call) -> Reply:
        """GET autoscalesettings/{setting}."""
        return Reply(body=_document(call.workspace, *self._existing(call)))

    async def put(self, call: Call) -> Reply:
        """PUT autoscalesettings/{setting}: make it or replace all of it. Done when answered: there is no operation."""
        body = bodies.checked("autoscaleSetting", call.body)
        return self._write(call, {key: value for key, value in body.items() if key not in _READ_ONLY})

    async def patch(self, call: Call) -> Reply:
        """PATCH autoscalesettings/{setting}: replace tags or properties."""
        _, present = self._existing(call)
        refused = sorted(set(call.body) - {"tags", "properties"})
        if refused:
            raise bad_request(f"PATCH of an autoscale setting changes tags and properties, not '{refused[0]}'.")
        before = {key: value for key, value in present.items() if key not in _READ_ONLY}
        return self._write(call, bodies.checked("autoscaleSetting", before | call.body))

    async def delete(self, call: Call) -> Reply:
        """DELETE autoscalesettings/{setting}; nothing to delete is no error."""
        gone = self.known.pop(call.names["setting"].lower(), None)
        return Reply(200 if gone else 204)

    def _write(self, call: Call, body: Json) -> Reply:
        name = call.names["setting"]
        target = str(body["properties"].get("targetResourceUri") or "")
        _require_deployment(call.workspace, target)
        self._require_only_one(name, target)
        for profile in body["properties"]["profiles"]:
            _require_capacity(profile)
        before = self.known.get(name.lower())
        made = documents.stamped(body, self.clock.now(), before[1] if before else None)
        self.known[name.lower()] = (before[0] if before else name, made)
        return Reply(200 if before else 201, _document(call.workspace, *self.known[name.lower()]))

    def _existing(self, call: Call) -> tuple[str, Json]:
        found = self.known.get(call.names["setting"].lower())
        if found is None:
            raise not_found("Microsoft.Insights/autoscalesettings", call.names["setting"])
        return found

    def _require_only_one(self, name: str, target: str) -> None:
        for other, body in self.known.values():
            if other.lower() != name.lower() and body["properties"]["targetResourceUri"].lower() == target.lower():
                raise ArmError(409, "Conflict", f"The autoscale setting '{other}' already has the target '{target}'.")


def _require_deployment(workspace: Workspace, target: str) -> None:
    """Check that the target is a deployment of the workspace: nothing else here can be scaled."""
    below = target[len(workspace.id) :] if target.lower().startswith(workspace.id.lower()) else ""
    match = _TARGET.fullmatch(below)
    endpoint = workspace.endpoints.get(match[1].lower()) if match else None
    if match is None or endpoint is None or match[2].lower() not in endpoint.deployments:
        raise bad_request(f"The target resource '{target}' was not found.", "ResourceNotFound")


def _require_capacity(profile: Json) -> None:
    least, usual, most = (int(profile["capacity"][key]) for key in ("minimum", "default", "maximum"))
    if not least <= usual <= most:
        raise bad_request(f"Profile '{profile['name']}': the default must lie between minimum and maximum.")


def _document(workspace: Workspace, name: str, body: Json) -> Json:
    group = workspace.id.partition("/providers/")[0]
    defaults = {"enabled": False, "notifications": [], "name": name}
    return {
        "tags": {},
        **copy.deepcopy(body),
        "id": f"{group}/providers/microsoft.insights/autoscalesettings/{name}",
        "name": name,
        "type": "Microsoft.Insights/autoscaleSettings",
        "properties": defaults | body["properties"],
    }
