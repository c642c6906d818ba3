"""Where MLflow clients upload a model's files before they register it: the workspace's artifact store."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from azure.storage.blob import ContainerSasPermissions, generate_container_sas

from emulator.arm_errors import bad_request, not_emulated
from emulator.resource_manager.asset_files import ARTIFACTS, Storage
from emulator.resources import Json, Workspace

_SOURCE = re.compile(r"azureml://artifacts/(?P<path>.+)")
_DATASTORE = re.compile(r"azureml://(?:subscriptions/.*/)?datastores/[^/]+/paths/.+")
_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Artifacts:
    """The artifact store of a workspace, in `storage`."""

    workspace: Workspace
    storage: Storage

    async def begin(self, origin: str, container: str, body: Json) -> Json:
        """Return where to upload each of the `paths` in the body."""
        paths = [str(each["path"]) for each in body.get("paths") or []]
        await asyncio.to_thread(self._ensure_container)
        signature = self._signature()
        root = f"https://{self.workspace.storage_account}.blob.core.windows.net/{ARTIFACTS}"
        found = {
            path: {
                "contentUri": f"{root}/{quote(f'{origin}/{container}/{path}')}?{signature}",
                "origin": origin,
                "container": container,
                "path": path,
            }
            for path in paths
        }
        artifacts = {path: {"origin": origin, "container": container, "path": path} for path in paths}
        return {"artifacts": artifacts, "artifactContentInformation": found, "errors": {}}

    def uri(self, source: str) -> str:
        """Return the address of a registered model's files as an asset has it. Raises ArmError."""
        if match := _SOURCE.fullmatch(source):
            return f"azureml:/{self.workspace.id}/datastores/workspaceartifactstore/paths/{match['path']}"
        if _DATASTORE.fullmatch(source):
            return source
        if source.startswith("runs:/") or not source:
            raise not_emulated(f"A model of a run ({source}), as everything about runs,")
        raise bad_request(f"The source '{source}' is not in the workspace's storage.", "INVALID_PARAMETER_VALUE")

    def _ensure_container(self) -> None:
        with self.storage.container(self.workspace.storage_account, ARTIFACTS) as client:
            if not client.exists():
                client.create_container()

    def _signature(self) -> str:
        account = self.workspace.storage_account
        return generate_container_sas(
            account,
            ARTIFACTS,
            self.storage.keys[account],
            permission=ContainerSasPermissions(read=True, write=True, create=True, add=True),
            expiry=datetime.now(UTC) + _LIFETIME,
        )
