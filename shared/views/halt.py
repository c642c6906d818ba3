"""The halt, as the API shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from shared.ports import Halt


@dataclass(frozen=True, slots=True)
class HaltView:
    """Whether all rollouts are halted."""

    halted: Annotated[bool, "Whether they are."]
    by: Annotated[str | None, "Who halted them."]
    reason: Annotated[str | None, "Why, in their words."]
    at: Annotated[datetime | None, "When."]


def halt_view(halt: Halt | None) -> HaltView:
    """Return the halt in force, or that there is none."""
    if halt is None:
        return HaltView(halted=False, by=None, reason=None, at=None)
    return HaltView(halted=True, by=halt.by, reason=halt.reason, at=halt.at)
