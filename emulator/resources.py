"""What exists in the emulated workspace, as plain state: endpoints and deployments with the ARM bodies they were given.

Control plane (`resource_manager`) writes it; serving and gateway read it. It never does I/O.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

Json = dict[str, Any]


@dataclass(slots=True)
class Deployment:
    """One deployment: its ARM body as last accepted, and where its provisioning stands."""

    endpoint: str
    name: str
    body: Json
    provisioning_state: str = "Creating"


@dataclass(slots=True)
class Endpoint:
    """One online endpoint: its ARM body, its keys, and its deployments by (lower-case) name."""

    name: str
    body: Json
    primary_key: str
    secondary_key: str
    provisioning_state: str = "Creating"
    deployments: dict[str, Deployment] = field(default_factory=dict)

    @property
    def traffic(self) -> dict[str, int]:
        """Per cent of live traffic by deployment name; what is missing has none."""
        return dict(self.body["properties"].get("traffic") or {})

    @property
    def mirror_traffic(self) -> dict[str, int]:
        """Per cent of live traffic copied, by deployment name."""
        return dict(self.body["properties"].get("mirrorTraffic") or {})


@dataclass(frozen=True, slots=True)
class DeploymentFiles:
    """Where a deployment's assets lie on this disk once fetched from storage.

    `code` is the folder that holds `scoring_script` (None for MLflow models without a script); `model` is the folder
    or file that was registered; `model_name` and `model_version` give the last two parts of AZUREML_MODEL_DIR;
    `model_type` is the asset's: custom_model, mlflow_model, triton_model.
    """

    code: str | None
    scoring_script: str | None
    model: str | None
    model_name: str | None
    model_version: str | None
    model_type: str = "custom_model"


class ContainerError(Exception):
    """The deployment's processes did not become ready: `code` is Azure's, the message what a person reads."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Fleet(Protocol):
    """The processes behind the deployments: what the control plane needs of the serving side."""

    async def start(self, deployment: Deployment, files: DeploymentFiles) -> None:
        """Start `sku.capacity` processes beside any old ones, wait until ready, then replace the old ones.

        Raises ContainerError if they crash or are not ready within the probes' limits.
        """

    async def stop(self, endpoint: str, deployment: str) -> None:
        """Stop the deployment's processes. Nothing to stop is not an error."""

    async def scale(self, deployment: Deployment) -> None:
        """Bring the number of processes to `sku.capacity`."""

    def logs(self, endpoint: str, deployment: str, tail: int) -> str:
        """Return the last `tail` lines of the container's log, also after a crash."""
