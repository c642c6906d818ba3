"""The default datastore, and shared access signatures for uploads. It hands out credentials; clients move the bytes.

Signatures expire by the wall clock, because the storage emulator checks them against it.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from azure.storage.blob import ContainerSasPermissions, generate_container_sas

from emulator.arm_errors import not_found
from emulator.resource_manager import documents, listing
from emulator.resource_manager.asset_files import Storage
from emulator.resource_manager.calls import Call, Reply
from emulator.resources import PROVIDER, Json, Workspace

NAME = "workspaceblobstore"
_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Datastores:
    """The handlers. Upload containers are created in `storage`."""

    storage: Storage

    async def list_all(self, call: Call) -> Reply:
        """GET datastores."""
        return listing.listed(call, "datastores", [_document(call.workspace)], listing.DATASTORES)

    async def show(self, call: Call) -> Reply:
        """GET datastores/{name}."""
        _require_known(call)
        return Reply(body=_document(call.workspace))

    async def list_secrets(self, call: Call) -> Reply:
        """POST datastores/{name}/listSecrets: a SAS if the caller asks for one that expires, or the account's key."""
        _require_known(call)
        account = call.workspace.storage_account
        if call.body.get("expirableSecret"):
            return Reply(body={"secretsType": "Sas", "sasToken": self._signature(account, call.workspace.container)})
        return Reply(body={"secretsType": "AccountKey", "key": self.storage.keys[account]})

    async def start_pending_upload(self, call: Call) -> Reply:
        """POST {kind}/{name}/versions/{version}/startPendingUpload: where to upload, and a signature for it."""
        # As in Azure, every upload gets its own container: the client writes to its root.
        workspace = call.workspace
        upload_id = str(uuid.uuid4())
        container = f"{workspace.guid[:8]}-{upload_id}"
        await asyncio.to_thread(self._create, workspace.storage_account, container)
        uri = f"https://{workspace.storage_account}.blob.core.windows.net/{container}"
        signature = self._signature(workspace.storage_account, container)
        return Reply(
            body={
                "pendingUploadId": upload_id,
                "pendingUploadType": "TemporaryBlobReference",
                "blobReferenceForConsumption": {
                    "blobUri": uri,
                    "storageAccountArmId": documents.storage_account_id(workspace),
                    "credential": {"credentialType": "SAS", "sasUri": f"{uri}?{signature}"},
                },
            }
        )

    def _create(self, account: str, container: str) -> None:
        with self.storage.container(account, container) as client:
            client.create_container()

    def _signature(self, account: str, container: str) -> str:
        return generate_container_sas(
            account,
            container,
            self.storage.keys[account],
            permission=ContainerSasPermissions(read=True, write=True, list=True, create=True, add=True),
            expiry=datetime.now(UTC) + _LIFETIME,
        )


def _require_known(call: Call) -> None:
    if call.path["name"] != NAME:
        raise not_found("datastores", call.path["name"])


def _document(workspace: Workspace) -> Json:
    return {
        "id": f"{workspace.id}/datastores/{NAME}",
        "name": NAME,
        "type": f"{PROVIDER}/workspaces/datastores",
        "properties": {
            "datastoreType": "AzureBlob",
            "accountName": workspace.storage_account,
            "containerName": workspace.container,
            "endpoint": "core.windows.net",
            "protocol": "https",
            "isDefault": True,
            "serviceDataAccessAuthIdentity": "None",
            "credentials": {"credentialsType": "AccountKey"},
            "description": None,
            "tags": {},
            "properties": {},
        },
    }
