"""The record of a rollout and what is written to it: history, operator requests, holds."""

from __future__ import annotations

from shared.core.rollout.parts import (
    Assessment,
    Beside,
    Ending,
    First,
    Hold,
    Judging,
    Kept,
    Observed,
    Orders,
    Placement,
    Progress,
    Status,
    TrafficPlan,
)
from shared.core.rollout.record import (
    AnsweredKey,
    Lease,
    ModelVersion,
    OperatorRequest,
    Override,
    Refusal,
    Rollout,
    move,
)
from shared.core.verbs import Verb

__all__ = [
    "AnsweredKey",
    "Assessment",
    "Beside",
    "Ending",
    "First",
    "Hold",
    "Judging",
    "Kept",
    "Lease",
    "ModelVersion",
    "Observed",
    "OperatorRequest",
    "Orders",
    "Override",
    "Placement",
    "Progress",
    "Refusal",
    "Rollout",
    "Status",
    "TrafficPlan",
    "Verb",
    "move",
]
