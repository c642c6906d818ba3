"""A rollout's history, as the API shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from shared.core.phases import Phase
from shared.core.rollout.history import Entry
from shared.views.gates import GateView, gate_view
from shared.views.judging import VerdictView, verdict_view
from shared.views.reasons import ReasonView, reason_view
from shared.words import sentence


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry of the history: a transition, or something that happened within a phase."""

    at: Annotated[datetime, "When."]
    from_: Annotated[Phase | None, "The phase before; null: the rollout began."]
    to: Annotated[Phase, "The phase after, which may be the same."]
    actor: Annotated[str, "Who: `teal`, or an operator."]
    summary: Annotated[str, "Why, as a sentence."]
    reason: Annotated[ReasonView, "Why, for programs."]
    step: Annotated[int, "Index of the step then under way."]
    weight: Annotated[int, "Green's share of the live traffic, in percent."]
    mirror: Annotated[int, "The share of the live traffic that is mirrored to green, in percent."]
    verdict: Annotated[VerdictView | None, "The judge's verdict at that time; null: none yet."]
    gates: Annotated[tuple[GateView, ...], "What each gate reported at that time."]
    judge_overruled: Annotated[bool, "Whether an operator had overruled the judge by then."]


def entry_view(entry: Entry) -> EntryView:
    """Return one entry."""
    return EntryView(
        at=entry.at,
        from_=entry.before,
        to=entry.after,
        actor=entry.actor,
        summary=sentence(entry.reason),
        reason=reason_view(entry.reason),
        step=entry.step,
        weight=entry.weight,
        mirror=entry.mirror,
        verdict=verdict_view(entry.verdict) if entry.verdict else None,
        gates=tuple(gate_view(reading) for reading in entry.readings),
        judge_overruled=entry.judge_overruled,
    )
