"""What was observed of Azure and of the traffic in one reconcile. Facts only."""

from __future__ import annotations

from shared.core.observation.halt import Halt, HaltEnd, HaltEntry
from shared.core.observation.observation import (
    DeploymentMinute,
    DeploymentSeen,
    EndpointSeen,
    Observation,
    Provisioning,
    SmokeResult,
    Tally,
)
from shared.core.observation.quota import Quota, QuotaSeen
from shared.core.observation.telemetry_path import PathState, TelemetryPath

__all__ = [
    "DeploymentMinute",
    "DeploymentSeen",
    "EndpointSeen",
    "Halt",
    "HaltEnd",
    "HaltEntry",
    "Observation",
    "PathState",
    "Provisioning",
    "Quota",
    "QuotaSeen",
    "SmokeResult",
    "Tally",
    "TelemetryPath",
]
