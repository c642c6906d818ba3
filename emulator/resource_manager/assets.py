"""Models, environments, code and data: containers and their versions. The files themselves lie in blob storage.

Whoever wants to know of a new model version is told through the callback given.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from emulator.clock import VirtualClock
from emulator.resource_manager import bodies, documents
from emulator.resource_manager.calls import Call, Reply
from emulator.resource_manager.errors import ArmError, not_found
from emulator.resource_manager.state import AssetContainer, Workspace
from emulator.resources import Json

_CONTENT = {"models": "modelUri", "codes": "codeUri", "data": "dataUri"}


@dataclass(frozen=True, slots=True)
class Assets:
    """The handlers; `model_registered` gets (workspace, name, version, properties) of each new model version."""

    clock: VirtualClock
    model_registered: Callable[[Workspace, str, str, Json], Awaitable[None]]

    async def list_containers(self, call: Call) -> Reply:
        """GET {kind}: all names."""
        kind = call.names["kind"]
        items = [(name, item) for name, item in call.workspace.assets[kind].items() if not _anonymous(item)]
        return _page([documents.container(call.workspace, kind, name, item) for name, item in items], call)

    async def show_container(self, call: Call) -> Reply:
        """GET {kind}/{name}."""
        return self._container_reply(call, _container(call))

    async def put_container(self, call: Call) -> Reply:
        """PUT {kind}/{name}: set tags and description, archive or restore all versions."""
        body = bodies.checked_properties(call.body, bodies.CONTAINER_PROPERTIES)
        known = call.workspace.assets[call.names["kind"]]
        item = known.setdefault(call.names["name"], AssetContainer({}))
        for computed in ("latestVersion", "nextVersion"):
            body["properties"].pop(computed, None)
        item.body = documents.stamped(body, self.clock.now(), item.body)
        return self._container_reply(call, item)

    async def list_versions(self, call: Call) -> Reply:
        """GET {kind}/{name}/versions, newest first; `hash` selects code of the same content."""
        kind, name = call.names["kind"], call.names["name"]
        item = call.workspace.assets[kind].get(name)
        rows = reversed(item.versions.items()) if item else iter([])
        wanted = call.query.get("hash")
        documents_of = [
            documents.version(call.workspace, kind, name, number, body)
            for number, body in rows
            if wanted is None or body["properties"].get("properties", {}).get("hash_sha256") == wanted
        ]
        if item is None and kind != "codes":  # the SDK asks for versions of code by hash before the first exists
            raise not_found(kind, name)
        return _page(documents_of, call)

    async def show_version(self, call: Call) -> Reply:
        """GET {kind}/{name}/versions/{version}."""
        number = call.names["version"]
        body = _container(call).versions.get(number)
        if body is None:
            raise not_found(call.names["kind"], f"{call.names['name']}/versions/{number}")
        return self._version_reply(call, body)

    async def put_version(self, call: Call) -> Reply:
        """PUT {kind}/{name}/versions/{version}: make it, or change its tags, description and archiving."""
        kind, name, number = call.names["kind"], call.names["name"], call.names["version"]
        body = bodies.checked_properties(call.body, bodies.ASSET_PROPERTIES[kind])
        item = call.workspace.assets[kind].setdefault(name, AssetContainer(documents.stamped({}, self.clock.now())))
        previous = item.versions.get(number)
        if previous:
            _require_same_content(kind, previous, body)
        item.versions[number] = documents.stamped(body, self.clock.now(), previous)
        anonymous = body["properties"].get("isAnonymous", False)  # part of one deployment, not a registration
        if kind == "models" and previous is None and not anonymous:
            await self.model_registered(call.workspace, name, number, body["properties"])
        return self._version_reply(call, item.versions[number], 200 if previous else 201)

    async def delete_version(self, call: Call) -> Reply:
        """DELETE {kind}/{name}/versions/{version}; nothing to delete is no error."""
        item = call.workspace.assets[call.names["kind"]].get(call.names["name"])
        gone = item.versions.pop(call.names["version"], None) if item else None
        return Reply(200 if gone else 204)

    @staticmethod
    def _container_reply(call: Call, item: AssetContainer) -> Reply:
        return Reply(body=documents.container(call.workspace, call.names["kind"], call.names["name"], item))

    @staticmethod
    def _version_reply(call: Call, body: Json, status: int = 200) -> Reply:
        names = call.names
        return Reply(status, documents.version(call.workspace, names["kind"], names["name"], names["version"], body))


def _container(call: Call) -> AssetContainer:
    item = call.workspace.assets[call.names["kind"]].get(call.names["name"])
    if item is None:
        raise not_found(call.names["kind"], call.names["name"])
    return item


def _anonymous(item: AssetContainer) -> bool:
    """Tell whether all versions were made as parts of deployments; such assets are not listed."""
    versions = item.versions.values()
    return bool(versions) and all(body["properties"].get("isAnonymous") for body in versions)


def _require_same_content(kind: str, previous: Json, body: Json) -> None:
    content = _CONTENT.get(kind)
    if content and body["properties"].get(content) != previous["properties"].get(content):
        raise ArmError(400, "UserError", "Asset paths cannot be updated.")


def _page(items: list[Json], call: Call) -> Reply:
    top = call.query.get("$top", "")
    hidden = call.query.get("listViewType", "ActiveOnly")
    shown = [
        item for item in items if hidden == "All" or item["properties"]["isArchived"] is (hidden == "ArchivedOnly")
    ]
    return Reply(body={"value": shown[: int(top)] if top.isdigit() else shown})
