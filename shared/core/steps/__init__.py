"""The steps of a policy: one module per kind, and the registry in which the engine looks them up."""

from __future__ import annotations

from shared.core.policy.step import Step
from shared.core.steps.mirror import MirrorStep
from shared.core.steps.pause import PauseStep
from shared.core.steps.smoke import SmokeStep
from shared.core.steps.weight import WeightStep

__all__ = ["STEP_KINDS", "MirrorStep", "PauseStep", "SmokeStep", "Step", "WeightStep", "register_step"]

STEP_KINDS: dict[str, type[Step]] = {}


def register_step(*kinds: type[Step]) -> None:
    """Register kinds of step by the default of their field `kind`, so that records can be read."""
    for kind in kinds:
        STEP_KINDS[kind.__dataclass_fields__["kind"].default] = kind  # type: ignore[attr-defined] # every kind is a dataclass


register_step(SmokeStep, MirrorStep, WeightStep, PauseStep)
