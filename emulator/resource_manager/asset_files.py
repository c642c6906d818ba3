"""A deployment's files, downloaded from the workspace's blob storage as the service does before it starts a container.

They are the files that clients uploaded; nothing is read from a caller's local disk.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from azure.storage.blob import ContainerClient

from emulator.arm_errors import ArmError, bad_request, not_emulated
from emulator.containers import DeploymentFiles
from emulator.resources import Deployment, Json, Workspace

_DATASTORE = re.compile(r"azureml://(?:subscriptions/.*/)?datastores/(?P<store>[^/]+)/paths/(?P<path>.+)")
_ASSET = re.compile(
    r"(?:azureml:)?/subscriptions/.+/(?P<kind>models|environments|codes|data)/(?P<name>[^/]+)/versions/(?P<version>[^/]+)"
)
# Microsoft's own environments exist in every workspace. Which image a deployment names has no effect here.
_CURATED = re.compile(r"/registries/|://registries/|(^azureml:|/environments/)AzureML-")
ARTIFACTS = "azureml"  # the container behind the datastore `workspaceartifactstore`, for what MLflow uploads
_SHORT_ASSET = re.compile(r"azureml:(?P<name>[^/:]+):(?P<version>[^/:]+)")


@dataclass(frozen=True, slots=True)
class AssetReference:
    """One version of an asset, as a deployment refers to it."""

    kind: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Storage:
    """How to reach blob storage: the key of each account, the proxy, and the certificate authority to trust."""

    keys: dict[str, str]
    proxy: str
    trust: Path

    def container(self, account: str, container: str) -> ContainerClient:
        """Return a client for one container; like any other client it goes through the proxy. Raises ArmError."""
        if account not in self.keys:
            raise bad_request(f"The storage account '{account}' does not exist.")
        return ContainerClient(
            f"https://{account}.blob.core.windows.net",
            container,
            credential=self.keys[account],
            connection_verify=str(self.trust),
            proxies={"https": self.proxy},
        )


@dataclass(frozen=True, slots=True)
class AssetFiles:
    """Downloads the files of deployments into `directory`, into a fresh folder each time."""

    directory: Path
    storage: Storage

    async def fetch(self, workspace: Workspace, deployment: Deployment) -> DeploymentFiles:
        """Download the code and model of `deployment` and return where they are. Raises ArmError if any is missing."""
        properties = deployment.body["properties"]
        target = self.directory / deployment.endpoint / deployment.name
        await asyncio.to_thread(shutil.rmtree, target, ignore_errors=True)
        code = properties.get("codeConfiguration") or {}
        model = reference(properties["model"], "models") if "model" in properties else None
        environment = environment_of(workspace, properties)
        code_path = model_path = None
        model_type = "custom_model"
        if "codeId" in code:
            code_uri = asset(workspace, reference(code["codeId"], "codes"))["codeUri"]
            code_path = await self._download(workspace, code_uri, target / "code")
        if model:
            registered = asset(workspace, model)
            model_type = registered.get("modelType") or model_type
            model_path = await self._download(workspace, registered["modelUri"], target / "model")
        return DeploymentFiles(
            code=str(code_path) if code_path else None,
            scoring_script=code.get("scoringScript"),
            model=str(model_path) if model_path else None,
            model_name=model.name if model else None,
            model_version=model.version if model else None,
            model_type=model_type,
            image=environment.get("image"),
            conda=environment.get("condaFile"),
        )

    async def _download(self, workspace: Workspace, uri: str, target: Path) -> Path:
        account, container, path = _location(workspace, uri)
        return await asyncio.to_thread(_copy, self.storage.container(account, container), path, target)


def reference(text: str, kind: str) -> AssetReference:
    """Return the asset of this ARM id or `azureml:name:version`. Raises ArmError."""
    if text.startswith("azureml://registries/") or "/registries/" in text:
        raise not_emulated(f"A registry asset ({text})")
    match = _ASSET.fullmatch(text) or _SHORT_ASSET.fullmatch(text)
    if match is None or match.groupdict().get("kind", kind) != kind:
        raise bad_request(f"'{text}' is not the id of one of the {kind}.", "BadArgument")
    return AssetReference(kind, match["name"], match["version"])


def asset(workspace: Workspace, wanted: AssetReference) -> Json:
    """Return the properties of an asset version. Raises ArmError 400, as the service does for a deployment's parts."""
    properties = registered(workspace, wanted)
    if properties is None:
        path = f"{wanted.kind}/{wanted.name}/versions/{wanted.version}"
        message = f"The resource '{path}' was not found in the workspace '{workspace.name}'."
        raise bad_request(message, "ResourceNotFound")
    return properties


def registered(workspace: Workspace, wanted: AssetReference) -> Json | None:
    """Return the properties of an asset version, or None if there is no such version."""
    container = workspace.assets[wanted.kind].get(wanted.name)
    body = container.versions.get(wanted.version) if container else None
    return None if body is None else body["properties"]


def environment_of(workspace: Workspace, properties: Json) -> Json:
    """Return the registered environment of a deployment, or {} for Microsoft's own or none. Raises ArmError 400."""
    text = properties.get("environmentId")
    if not text or _CURATED.search(text):
        return {}
    return asset(workspace, reference(text, "environments"))


def require_place(workspace: Workspace, uri: str) -> None:
    """Raise ArmError 501 for an address that clients can register but nothing here can read, such as a job's output."""
    if ":/" in uri:
        _location(workspace, uri)


def data_folder(workspace: Workspace, data_id: str) -> str:
    """Return the folder that a data asset refers to, in the workspace's own container. Raises ArmError."""
    uri = asset(workspace, reference(data_id, "data"))["dataUri"]
    account, container, path = _location(workspace, uri)
    if (account, container) != (workspace.storage_account, workspace.container):
        raise not_emulated(f"Collecting data outside the default datastore ({uri})")
    return path


def _location(workspace: Workspace, uri: str) -> tuple[str, str, str]:
    match = _DATASTORE.fullmatch(uri)
    if match:
        container = {"workspaceblobstore": workspace.container, "workspaceartifactstore": ARTIFACTS}.get(match["store"])
        if container is None:
            raise not_emulated(f"The datastore {match['store']}")
        return workspace.storage_account, container, match["path"].strip("/")
    parts = urlsplit(uri)
    account, _, domain = (parts.hostname or "").partition(".")
    container, _, path = unquote(parts.path).strip("/").partition("/")
    if domain != "blob.core.windows.net" or not path:
        raise not_emulated(f"An asset at {uri}")
    return account, container, path


def _copy(client: ContainerClient, path: str, target: Path) -> Path:
    """Download the blob `path`, or every blob below it, to `target`/<last part of the path>."""
    root = PurePosixPath(path)
    with client:
        names = [
            name
            for name in client.list_blob_names(name_starts_with=path)
            if root in (p := PurePosixPath(name)).parents or p == root
        ]
        if not names:
            raise ArmError(400, "ResourceNotFound", f"Nothing is stored at '{path}' in '{client.container_name}'.")
        for name in names:
            file = target / PurePosixPath(name).relative_to(root.parent)
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("wb") as stream:
                client.download_blob(name).readinto(stream)
    return target / root.name
