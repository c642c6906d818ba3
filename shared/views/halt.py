"""The halt, as the API shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from shared.ports import Halt, HaltEntry


@dataclass(frozen=True, slots=True)
class HaltEntryView:
    """One entry of the history of halts."""

    halted: Annotated[bool, "true: all rollouts were halted; false: the halt was ended."]
    by: Annotated[str, "Who did it."]
    reason: Annotated[str, "Why, in their words."]
    at: Annotated[datetime, "When."]


@dataclass(frozen=True, slots=True)
class HaltView:
    """Whether all rollouts are halted."""

    halted: Annotated[bool, "Whether all rollouts are halted."]
    by: Annotated[str | None, "Who halted them."]
    reason: Annotated[str | None, "Why, in their words."]
    at: Annotated[datetime | None, "When."]
    history: Annotated[tuple[HaltEntryView, ...], "Every halt and its end, newest first; at most 100 entries."]


def halt_view(halt: Halt | None, history: Sequence[HaltEntry]) -> HaltView:
    """Return the halt in force, or that there is none; history: newest first."""
    shown = tuple(HaltEntryView(each.halted, each.by, each.reason, each.at) for each in history)
    if halt is None or not halt.in_force:
        return HaltView(halted=False, by=None, reason=None, at=None, history=shown)
    return HaltView(halted=True, by=halt.by, reason=halt.reason, at=halt.at, history=shown)
