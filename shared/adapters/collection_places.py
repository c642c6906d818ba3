"""Where Azure ML's data collector stores a deployment's data, according to ARM. Reads no data itself.

Azure documents (pages "Collect production data", "DataCollector", the deployment YAML schemas): a deployment's
`dataCollector.collections` names what is collected; `request` and `response` are the HTTP payloads, every other name is
logged by the scoring script (`model_outputs`, or MLflow's own). Files are
`<path>/{yyyy}/{MM}/{dd}/{HH}/{instance_id}.jsonl`; `rollingRate` makes the folders coarser. `<path>` is that of the
collection's data asset (`dataId`), by default `modelDataCollector/{endpoint}/{deployment}/{collection}` in the
datastore `workspaceblobstore`. Not documented: whether endpoint, deployment and collection are appended to the path of
a data asset too (both places are searched), and the layout below the hour for the rolling rate `minute`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.adapters.arm import Json, ResourceManager, path
from shared.errors import Permanent

# `response` is what callers got; `model_outputs` are data frames, which may combine requests that arrive together.
ANSWERS = ("response", "model_outputs")
DEFAULT_STORE = "workspaceblobstore"
DEFAULT_FOLDER = "modelDataCollector"
_FOLDERS = {
    "minute": "%Y/%m/%d/%H",
    "hour": "%Y/%m/%d/%H",
    "day": "%Y/%m/%d",
    "month": "%Y/%m",
    "year": "%Y",
}
_ASSET = re.compile(r"(?:azureml:)?/subscriptions/.+/data/(?P<name>[^/]+)/versions/(?P<version>[^/]+)")
_SHORT_ASSET = re.compile(r"azureml:(?P<name>[^/:]+):(?P<version>[^/:]+)")
_URI = re.compile(
    r"azureml://(?:subscriptions/.+/workspaces/(?P<workspace>[^/]+)/)?datastores/(?P<store>[^/]+)/paths/(?P<path>.+)"
)
_HOW = "set data_collector.collections.response.enabled in its template to 'True'"


@dataclass(frozen=True, slots=True)
class CollectionPlace:
    """Folders of blobs in one container (its URL). dated: the strftime format of the subfolders."""

    container: str
    folders: tuple[str, ...]
    dated: str


class CollectionPlaces:
    """Locates a deployment's collected answers in one workspace."""

    def __init__(self, manager: ResourceManager) -> None:
        self._manager = manager

    def of(self, endpoint: str, deployment: str) -> CollectionPlace:
        """Return where the deployment's answers are collected; `response` is preferred to `model_outputs`.

        Raises Permanent if it collects neither or the location is unknown, and ARM's errors.
        """
        body = self._manager.get(path("onlineEndpoints", endpoint, "deployments", deployment)) or {}
        collector = (body.get("properties") or {}).get("dataCollector") or {}
        name, collection = _chosen(collector, f"{endpoint}/{deployment}")
        own = f"{endpoint}/{deployment}/{name}"
        store = DEFAULT_STORE
        folders: tuple[str, ...] = (f"{DEFAULT_FOLDER}/{own}",)
        if collection.get("dataId"):
            store, folder = self._asset(str(collection["dataId"]))
            folders = (folder, f"{folder}/{own}")
        dated = _FOLDERS.get(str(collector.get("rollingRate") or "hour").lower(), _FOLDERS["hour"])
        return CollectionPlace(self._container(store), folders, dated)

    def _asset(self, data_id: str) -> tuple[str, str]:
        """Return the datastore and path of a data asset."""
        named = _ASSET.fullmatch(data_id) or _SHORT_ASSET.fullmatch(data_id)
        body = self._manager.get(path("data", named["name"], "versions", named["version"])) if named else None
        if body is None:
            raise Permanent(f"answers are collected into {data_id!r}, which is not a data asset of this workspace")
        uri = str((body.get("properties") or {}).get("dataUri") or "")
        found = _URI.fullmatch(uri)
        own = self._manager.workspace_id.rpartition("/")[2].lower()
        if not found or (found["workspace"] or own).lower() != own:
            raise Permanent(f"answers are collected into {uri!r}; only datastores of this workspace can be read")
        return found["store"], found["path"].strip("/")

    def _container(self, store: str) -> str:
        """Return the URL of the blob container behind a datastore."""
        body = self._manager.get(path("datastores", store)) or {}
        properties = body.get("properties") or {}
        account, container = properties.get("accountName"), properties.get("containerName")
        if properties.get("datastoreType") != "AzureBlob" or not account or not container:
            raise Permanent(f"answers are collected into the datastore {store!r}, which is not an Azure blob container")
        domain = properties.get("endpoint") or "core.windows.net"
        return f"{properties.get('protocol') or 'https'}://{account}.blob.{domain}/{container}"


def _chosen(collector: Json, owner: str) -> tuple[str, Json]:
    collections = collector.get("collections") or {}
    for name in ANSWERS:
        collection = collections.get(name) or {}
        if str(collection.get("dataCollectionMode")).lower() == "enabled":
            return name, collection
    raise Permanent(f"the deployment {owner} does not collect its answers: {_HOW}")
