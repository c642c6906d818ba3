"""Models, environments, code and data: containers and their versions. The files themselves are in blob storage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from emulator.arm_errors import ArmError, not_emulated, not_found
from emulator.clock import VirtualClock
from emulator.resource_manager import bodies, documents, listing
from emulator.resource_manager.calls import Call, Reply
from emulator.resources import AssetContainer, Json, Workspace

_CONTENT = {"models": "modelUri", "codes": "codeUri", "data": "dataUri"}


@dataclass(frozen=True, slots=True)
class Assets:
    """The handlers. `model_registered` is called with (workspace, name, version, properties) of a new model version."""

    clock: VirtualClock
    model_registered: Callable[[Workspace, str, str, Json], Awaitable[None]]

    async def list_containers(self, call: Call) -> Reply:
        """GET {kind}: all assets of one kind."""
        kind = call.path["kind"]
        items = [(name, item) for name, item in call.workspace.assets[kind].items() if not _anonymous(item)]
        found = [documents.container(call.workspace, kind, name, item) for name, item in items]
        return listing.listed(call, kind, found, listing.CONTAINERS)

    async def show_container(self, call: Call) -> Reply:
        """GET {kind}/{name}."""
        return self._container_reply(call, _container(call))

    async def put_container(self, call: Call) -> Reply:
        """PUT {kind}/{name}: set tags and description, archive or restore all versions."""
        body = bodies.checked_properties(call.body, bodies.CONTAINER_PROPERTIES)
        known = call.workspace.assets[call.path["kind"]]
        item = known.setdefault(call.path["name"], AssetContainer({}))
        for computed in ("latestVersion", "nextVersion"):
            body["properties"].pop(computed, None)
        item.body = documents.with_system_data(body, self.clock.now(), item.body)
        return self._container_reply(call, item)

    async def list_versions(self, call: Call) -> Reply:
        """GET {kind}/{name}/versions, newest first or by `$orderBy`; `hash` selects code with the same content."""
        kind, name = call.path["kind"], call.path["name"]
        item = call.workspace.assets[kind].get(name)
        if item is None and kind != "codes":  # the SDK looks up code by hash even before the first version exists
            raise _missing(call)
        rows = item.versions.items() if item else ()
        found = [documents.version(call.workspace, kind, name, number, body) for number, body in rows]
        newest_first = {"$orderBy": "createdtime desc"} | dict(call.query)
        return listing.listed(
            replace(call, query=newest_first), f"{kind}/{name}/versions", found, listing.VERSIONS[kind]
        )

    async def show_version(self, call: Call) -> Reply:
        """GET {kind}/{name}/versions/{version}."""
        number = call.path["version"]
        body = _container(call).versions.get(number)
        if body is None:
            raise not_found(call.path["kind"], f"{call.path['name']}/versions/{number}")
        return self._version_reply(call, body)

    async def put_version(self, call: Call) -> Reply:
        """PUT {kind}/{name}/versions/{version}: create it, or change its tags, description and archiving."""
        kind, name, number = call.path["kind"], call.path["name"], call.path["version"]
        body = bodies.checked_properties(call.body, bodies.ASSET_PROPERTIES[kind])
        item = call.workspace.assets[kind].setdefault(
            name, AssetContainer(documents.with_system_data({}, self.clock.now()))
        )
        previous = item.versions.get(number)
        if previous:
            _require_same_content(kind, previous, body)
        item.versions[number] = documents.with_system_data(body, self.clock.now(), previous)
        anonymous = body["properties"].get("isAnonymous", False)  # part of one deployment, not a registration
        if kind == "models" and previous is None and not anonymous:
            await self.model_registered(call.workspace, name, number, body["properties"])
        return self._version_reply(call, item.versions[number], 200 if previous else 201)

    async def delete_version(self, call: Call) -> Reply:
        """DELETE {kind}/{name}/versions/{version}; deleting a version that does not exist is not an error."""
        item = call.workspace.assets[call.path["kind"]].get(call.path["name"])
        gone = item.versions.pop(call.path["version"], None) if item else None
        return Reply(200 if gone else 204)

    @staticmethod
    def _container_reply(call: Call, item: AssetContainer) -> Reply:
        return Reply(body=documents.container(call.workspace, call.path["kind"], call.path["name"], item))

    @staticmethod
    def _version_reply(call: Call, body: Json, status: int = 200) -> Reply:
        path = call.path
        return Reply(status, documents.version(call.workspace, path["kind"], path["name"], path["version"], body))


def _container(call: Call) -> AssetContainer:
    item = call.workspace.assets[call.path["kind"]].get(call.path["name"])
    if item is None:
        raise _missing(call)
    return item


def _missing(call: Call) -> ArmError:
    """Return the error for an asset that does not exist here. Microsoft's own environments do exist in Azure."""
    kind, name = call.path["kind"], call.path["name"]
    if kind == "environments" and name.lower().startswith("azureml-"):
        return not_emulated(f"Reading Microsoft's own environment {name}")
    return not_found(kind, name)


def _anonymous(item: AssetContainer) -> bool:
    """Return whether all versions were created as parts of deployments; such assets are not listed."""
    versions = item.versions.values()
    return bool(versions) and all(body["properties"].get("isAnonymous") for body in versions)


def _require_same_content(kind: str, previous: Json, body: Json) -> None:
    content = _CONTENT.get(kind)
    if content and body["properties"].get(content) != previous["properties"].get(content):
        raise ArmError(400, "UserError", "Asset paths cannot be updated.")
