"""What can be done to Azure, as data. Each is idempotent: doing it twice is doing it once. It must never be a call."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.core.policy.policy import EndpointSpec, LiveSource, TemplateSource
from shared.core.rollout.record import ModelVersion

COPY_AUTOSCALE = "copy the autoscale settings"
SCALE = "scale"


@dataclass(frozen=True, slots=True)
class CreateEndpoint:
    """Create the endpoint, without any deployment."""

    endpoint: str
    spec: EndpointSpec

    def __str__(self) -> str:
        return f"create endpoint {self.endpoint} ({self.spec.auth_mode})"


@dataclass(frozen=True, slots=True)
class CreateDeployment:
    """Create green with this model: like the deployment `like` in everything else, or from a template.

    instances: how many, or None for as many as the source has.
    """

    endpoint: str
    name: str
    model: ModelVersion
    like: str
    source: LiveSource | TemplateSource = field(default_factory=LiveSource)
    instances: int | None = None

    def __str__(self) -> str:
        origin = f"from {self.source.path}" if isinstance(self.source, TemplateSource) else f"like {self.like}"
        return f"create deployment {self.name} of {self.model} {origin}"


@dataclass(frozen=True, slots=True)
class ScaleDeployment:
    """Give a deployment another number of instances."""

    endpoint: str
    name: str
    instances: int

    def __str__(self) -> str:
        return f"{SCALE} {self.name} to {self.instances} instances"


@dataclass(frozen=True, slots=True)
class CopyAutoscale:
    """Give a deployment the autoscale settings of another."""

    endpoint: str
    name: str
    like: str

    def __str__(self) -> str:
        return f"{COPY_AUTOSCALE} of {self.like} to {self.name}"


@dataclass(frozen=True, slots=True)
class SetTraffic:
    """Write the endpoint's live traffic: per cent by deployment, summing to 100 (or empty: none)."""

    endpoint: str
    traffic: dict[str, int]

    def __str__(self) -> str:
        shares = ", ".join(f"{name} {share} %" for name, share in sorted(self.traffic.items()))
        return f"set traffic of {self.endpoint} to {shares or 'nothing'}"


@dataclass(frozen=True, slots=True)
class SetMirror:
    """Write which deployment gets a copy of the live traffic, and of how many per cent (empty: none does)."""

    endpoint: str
    mirror: dict[str, int]

    def __str__(self) -> str:
        shares = ", ".join(f"{share} % to {name}" for name, share in sorted(self.mirror.items()))
        return f"mirror {shares or 'nothing'} on {self.endpoint}"


@dataclass(frozen=True, slots=True)
class DeleteDeployment:
    """Delete a deployment that has no live traffic."""

    endpoint: str
    name: str

    def __str__(self) -> str:
        return f"delete deployment {self.name}"


Action = CreateEndpoint | CreateDeployment | ScaleDeployment | CopyAutoscale | SetTraffic | SetMirror | DeleteDeployment
