"""How a rollout begins: reading Event Grid's events and admitting one rollout at a time per endpoint."""

from __future__ import annotations

from shared.core.admission.admit import (
    LONGEST_NAME,
    Admission,
    EndpointRecord,
    Missed,
    Start,
    admit,
    deployment_name,
    is_late,
    objection,
    overtaken_by,
    rollout_id,
    succeed,
)

__all__ = [
    "LONGEST_NAME",
    "Admission",
    "EndpointRecord",
    "Missed",
    "Start",
    "admit",
    "deployment_name",
    "is_late",
    "objection",
    "overtaken_by",
    "rollout_id",
    "succeed",
]
