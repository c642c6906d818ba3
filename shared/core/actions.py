"""What can be done to Azure, as data. Each is idempotent: doing it twice is doing it once. It must never be a call."""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.rollout import ModelVersion


@dataclass(frozen=True, slots=True)
class CreateDeployment:
    """Create green with this model, like the deployment `like` in everything else."""

    endpoint: str
    name: str
    model: ModelVersion
    like: str

    def __str__(self) -> str:
        return f"create deployment {self.name} of {self.model} like {self.like}"


@dataclass(frozen=True, slots=True)
class SetTraffic:
    """Write the endpoint's live traffic: per cent by deployment, summing to 100 (or empty: none)."""

    endpoint: str
    traffic: dict[str, int]

    def __str__(self) -> str:
        shares = ", ".join(f"{name} {share} %" for name, share in sorted(self.traffic.items()))
        return f"set traffic of {self.endpoint} to {shares or 'nothing'}"


@dataclass(frozen=True, slots=True)
class DeleteDeployment:
    """Delete a deployment that has no live traffic."""

    endpoint: str
    name: str

    def __str__(self) -> str:
        return f"delete deployment {self.name}"


Action = CreateDeployment | SetTraffic | DeleteDeployment
