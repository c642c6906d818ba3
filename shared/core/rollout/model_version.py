"""One version of a registered model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a registered model. Versions are text: Azure ML allows any."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}:{self.version}"

    def named_by(self, reference: str) -> bool:
        """Return whether a reference, `azureml:name:version` or an ARM or registry id, names this model version."""
        parts = reference.replace("azureml:", "", 1).rstrip("/")
        return parts == str(self) or parts.lower().endswith(f"/models/{self.name}/versions/{self.version}".lower())
