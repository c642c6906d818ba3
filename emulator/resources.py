"""What exists in the emulated workspace, as plain state: endpoints, deployments and assets, with their ARM bodies.

The control plane (`resource_manager`) writes this state; serving and monitoring read it. No I/O happens here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
PROVIDER = "Microsoft.MachineLearningServices"
ASSET_KINDS = ("models", "environments", "codes", "data")


@dataclass(slots=True)
class Deployment:
    """One deployment: its ARM body as last accepted, and its provisioning state."""

    endpoint: str
    name: str
    body: Json
    provisioning_state: str = "Creating"


@dataclass(slots=True)
class Endpoint:
    """One online endpoint: its ARM body, its keys, and its deployments by lower-case name."""

    name: str
    body: Json
    primary_key: str
    secondary_key: str
    provisioning_state: str = "Creating"
    deployments: dict[str, Deployment] = field(default_factory=dict)
    diagnostics: dict[str, Json] = field(default_factory=dict)

    @property
    def traffic(self) -> dict[str, int]:
        """Percentage of live traffic by deployment name; a deployment that is missing gets none."""
        return dict(self.body["properties"].get("traffic") or {})

    @property
    def mirror_traffic(self) -> dict[str, int]:
        """Percentage of live traffic that is copied, by deployment name."""
        return dict(self.body["properties"].get("mirrorTraffic") or {})


@dataclass(slots=True)
class AssetContainer:
    """All versions of one asset in creation order, with the bodies that were accepted."""

    body: Json
    versions: dict[str, Json] = field(default_factory=dict)

    @property
    def latest_version(self) -> str | None:
        """The version created last, or None if there is none."""
        return next(reversed(self.versions), None)

    @property
    def next_version(self) -> str:
        """One more than the highest numeric version."""
        numbers = [int(version) for version in self.versions if version.isdecimal()]
        return str(max(numbers, default=0) + 1)


@dataclass(slots=True)
class Workspace:
    """One workspace. `guid` is its id; `storage_account` holds the `container` of uploaded files.

    `kubernetes` is the name of the attached cluster. With `logs_every_endpoint`, an Azure Policy assignment gives each
    new endpoint a diagnostic setting.
    """

    subscription: str
    resource_group: str
    name: str
    region: str
    guid: str
    storage_account: str
    kubernetes: str = "kubernetes"
    logs_every_endpoint: bool = False
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    assets: dict[str, dict[str, AssetContainer]] = field(default_factory=lambda: {kind: {} for kind in ASSET_KINDS})

    @property
    def group_id(self) -> str:
        """The ARM id of the resource group."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"

    @property
    def id(self) -> str:
        """The workspace's ARM id."""
        return f"{self.group_id}/providers/{PROVIDER}/workspaces/{self.name}"

    @property
    def logs_id(self) -> str:
        """The ARM id of the Log Analytics workspace beside it, whose customer id is `guid` too."""
        return f"{self.group_id}/providers/Microsoft.OperationalInsights/workspaces/{self.name}-logs"

    @property
    def container(self) -> str:
        """The blob container behind the datastore `workspaceblobstore`."""
        return f"azureml-blobstore-{self.guid}"
