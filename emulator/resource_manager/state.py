"""What exists in a workspace: assets and endpoints as plain state, and the ids they have. It does no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field

from emulator.resources import Endpoint, Json

PROVIDER = "Microsoft.MachineLearningServices"
ASSET_KINDS = ("models", "environments", "codes", "data")


@dataclass(slots=True)
class AssetContainer:
    """All versions of one asset, in the order of their creation, with the bodies that were accepted."""

    body: Json
    versions: dict[str, Json] = field(default_factory=dict)

    @property
    def latest_version(self) -> str | None:
        """The version made last, None while there is none."""
        return next(reversed(self.versions), None)

    @property
    def next_version(self) -> str:
        """One more than the highest version that is a number."""
        numbers = [int(version) for version in self.versions if version.isdecimal()]
        return str(max(numbers, default=0) + 1)


@dataclass(slots=True)
class Workspace:
    """One workspace; `number` is its GUID, `storage_account` holds its `container` of uploaded files.

    `kubernetes` is the name of the cluster that is attached to it.
    """

    subscription: str
    resource_group: str
    name: str
    region: str
    number: str
    storage_account: str
    kubernetes: str = "kubernetes"
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    assets: dict[str, dict[str, AssetContainer]] = field(default_factory=lambda: {kind: {} for kind in ASSET_KINDS})

    @property
    def id(self) -> str:
        """The ARM id."""
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
        return f"{group}/providers/{PROVIDER}/workspaces/{self.name}"

    @property
    def container(self) -> str:
        """The blob container behind the datastore `workspaceblobstore`."""
        return f"azureml-blobstore-{self.number}"
