"""The settings of the control plane: operation durations and limits."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Durations:
    """The minimum duration of each operation in virtual seconds. A deployment's processes may take longer to start."""

    endpoint_create: float = 60
    endpoint_update: float = 15
    endpoint_delete: float = 60
    deployment_create: float = 240
    deployment_update: float = 180
    deployment_scale: float = 120
    deployment_delete: float = 60

    def times(self, factor: float) -> Durations:
        """Return the durations multiplied by `factor`."""
        return Durations(**{each.name: getattr(self, each.name) * factor for each in fields(self)})


@dataclass(frozen=True, slots=True)
class Limits:
    """Azure's documented limits, and `cores`, the quota of virtual cores in the region (None: no limit)."""

    deployments_per_endpoint: int = 20
    instances_per_deployment: int = 50
    endpoints: int = 100
    cores: int | None = None
