"""A policy's steps, as the API shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from shared.core.steps import MirrorStep, PauseStep, SmokeStep, Step
from shared.words.numbers import duration, percent


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of a policy."""

    kind: Annotated[str, "`smoke`, `replay`, `mirror`, `weight` or `pause`."]
    summary: Annotated[str, "The step in words."]
    weight: Annotated[int | None, "The share of live traffic that it gives to green, in percent; null: unchanged."]


def step_view(step: Step) -> StepView:
    """Return one step."""
    return StepView(step.kind, step_words(step), step.live_weight)


def step_words(step: Step) -> str:
    """Return a step in words, such as `weight 10%`."""
    match step:
        case SmokeStep(paths=paths):
            return f"smoke {', '.join(paths) or 'the sample request of the endpoint'}"
        case MirrorStep(percent=share):
            return f"mirror {percent(share)}"
        case PauseStep(duration=None):
            return "pause for approval"
        case PauseStep(duration=span) if span is not None:
            return f"pause {duration(span.total_seconds())}"
        case _:
            return step.kind if step.live_weight is None else f"{step.kind} {percent(step.live_weight)}"
