"""What Teal can order from Azure, as data. Every action is idempotent: ordering it twice has the effect of once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from shared.core.policy.policy import EndpointSpec, LiveSource, TemplateSource
from shared.core.rollout.model_version import ModelVersion
from shared.core.rollout.refusal import ActionKind


@dataclass(frozen=True, slots=True)
class CreateEndpoint:
    """Create the endpoint, without any deployment."""

    kind: ClassVar[ActionKind] = ActionKind.CREATE_ENDPOINT
    endpoint: str
    spec: EndpointSpec

    def __str__(self) -> str:
        return f"create endpoint {self.endpoint} ({self.spec.auth_mode})"


@dataclass(frozen=True, slots=True)
class CreateDeployment:
    """Create green with this model: otherwise like the deployment `like`, or from a template.

    instances: the instance count, or None for the source's. registry: the registry that has the model; empty for the
    workspace.
    """

    kind: ClassVar[ActionKind] = ActionKind.CREATE_DEPLOYMENT
    endpoint: str
    name: str
    model: ModelVersion
    like: str
    source: LiveSource | TemplateSource = field(default_factory=LiveSource)
    instances: int | None = None
    registry: str = ""

    def __str__(self) -> str:
        origin = f"from {self.source.path}" if isinstance(self.source, TemplateSource) else f"like {self.like}"
        return f"create deployment {self.name} of {self.model} {origin}"


@dataclass(frozen=True, slots=True)
class ScaleDeployment:
    """Change a deployment's instance count."""

    kind: ClassVar[ActionKind] = ActionKind.SCALE_DEPLOYMENT
    endpoint: str
    name: str
    instances: int

    def __str__(self) -> str:
        return f"scale {self.name} to {self.instances} instances"


@dataclass(frozen=True, slots=True)
class CopyAutoscale:
    """Copy one deployment's autoscale settings to another."""

    kind: ClassVar[ActionKind] = ActionKind.COPY_AUTOSCALE
    endpoint: str
    name: str
    like: str

    def __str__(self) -> str:
        return f"copy the autoscale settings of {self.like} to {self.name}"


@dataclass(frozen=True, slots=True)
class SwitchAutoscale:
    """Enable or disable a deployment's autoscale settings, without changing them otherwise."""

    kind: ClassVar[ActionKind] = ActionKind.SWITCH_AUTOSCALE
    endpoint: str
    name: str
    enabled: bool

    def __str__(self) -> str:
        return f"{'enable' if self.enabled else 'disable'} the autoscale settings of {self.name}"


@dataclass(frozen=True, slots=True)
class SetTraffic:
    """Write the endpoint's live traffic: percent by deployment, summing to 100 (or empty: none)."""

    kind: ClassVar[ActionKind] = ActionKind.SET_TRAFFIC
    endpoint: str
    traffic: dict[str, int]

    def __str__(self) -> str:
        shares = ", ".join(f"{name} {share} %" for name, share in sorted(self.traffic.items()))
        return f"set traffic of {self.endpoint} to {shares or 'nothing'}"


@dataclass(frozen=True, slots=True)
class SetMirror:
    """Write the percentage of live traffic that is mirrored, by deployment (empty: none)."""

    kind: ClassVar[ActionKind] = ActionKind.SET_MIRROR
    endpoint: str
    mirror: dict[str, int]

    def __str__(self) -> str:
        shares = ", ".join(f"{share} % to {name}" for name, share in sorted(self.mirror.items()))
        return f"mirror {shares or 'nothing'} on {self.endpoint}"


@dataclass(frozen=True, slots=True)
class DeleteDeployment:
    """Delete a deployment that has no live traffic."""

    kind: ClassVar[ActionKind] = ActionKind.DELETE_DEPLOYMENT
    endpoint: str
    name: str

    def __str__(self) -> str:
        return f"delete deployment {self.name}"


Action = (
    CreateEndpoint
    | CreateDeployment
    | ScaleDeployment
    | CopyAutoscale
    | SwitchAutoscale
    | SetTraffic
    | SetMirror
    | DeleteDeployment
)
