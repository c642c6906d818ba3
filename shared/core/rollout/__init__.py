"""The record of a rollout and what is written to it: history, operator requests, holds."""

from __future__ import annotations

from shared.core.rollout.ending import Ending, Kept
from shared.core.rollout.judge_state import Assessment, Judging
from shared.core.rollout.leases import Lease
from shared.core.rollout.model_version import ModelVersion
from shared.core.rollout.observed import Observed
from shared.core.rollout.operator_request import AnsweredKey, OperatorRequest, Override
from shared.core.rollout.placement import Beside, First, Placement
from shared.core.rollout.record import Rollout, move
from shared.core.rollout.refusal import Refusal
from shared.core.rollout.status import Hold, Progress, Status
from shared.core.rollout.traffic_plan import Orders, TrafficPlan
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
