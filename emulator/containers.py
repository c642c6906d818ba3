"""How deployments run: their files, the fleet that runs them, and the error when they do not start.

This is the only interface between the control plane (`resource_manager`) and the serving side (`serving`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from emulator.resources import Deployment


@dataclass(frozen=True, slots=True)
class DeploymentFiles:
    """Where a deployment's assets are on the local disk, once fetched from storage.

    `code` is the folder that holds `scoring_script` (None for MLflow models without a script). `model` is the folder
    or file that was registered; `model_name` and `model_version` are the last two parts of AZUREML_MODEL_DIR.
    `model_type` is the asset's: custom_model, mlflow_model or triton_model.
    `image` and `conda` (the text of a conda file) are what its environment asks for; neither is built.
    """

    code: str | None
    scoring_script: str | None
    model: str | None
    model_name: str | None
    model_version: str | None
    model_type: str = "custom_model"
    image: str | None = None
    conda: str | None = None


class ContainerError(Exception):
    """A deployment's processes did not become ready. `code` is Azure's error code; the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Fleet(Protocol):
    """The processes behind the deployments, as the control plane sees them."""

    async def start(self, deployment: Deployment, files: DeploymentFiles) -> None:
        """Start `sku.capacity` processes next to any old ones, wait until they are ready, then stop the old ones.

        Raises ContainerError if they crash or are not ready within the probes' limits.
        """

    async def stop(self, endpoint: str, deployment: str) -> None:
        """Stop the deployment's processes, if there are any."""

    async def scale(self, deployment: Deployment) -> None:
        """Bring the number of processes to `sku.capacity`. Raises ContainerError."""

    def logs(self, endpoint: str, deployment: str, tail: int) -> str:
        """Return the last `tail` lines of the container's log, including after a crash."""
