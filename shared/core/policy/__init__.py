"""The checked policy as data, and the freeze windows it defines."""

from __future__ import annotations

from shared.core.policy.policy import (
    Capacity,
    Deadlines,
    EndpointSpec,
    FreezeWindow,
    JudgeSettings,
    LiveSource,
    MirrorStep,
    ModelSelector,
    PauseStep,
    Policy,
    SmokeStep,
    Source,
    Step,
    TemplateSource,
    WeightStep,
)

__all__ = [
    "Capacity",
    "Deadlines",
    "EndpointSpec",
    "FreezeWindow",
    "JudgeSettings",
    "LiveSource",
    "MirrorStep",
    "ModelSelector",
    "PauseStep",
    "Policy",
    "SmokeStep",
    "Source",
    "Step",
    "TemplateSource",
    "WeightStep",
]
