"""The history of a rollout: what happened, who did it, why, and the evidence at that moment. It is append-only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.core.gates.readings import Reading
from shared.core.judge.verdict import Verdict
from shared.core.phases import Phase
from shared.core.rollout.reasons import Reason
from shared.core.rollout.record import Rollout
from shared.core.rollout.record import move as move_phase

TEAL = "teal"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of history.

    before, after: the phases before and after (equal if the phase did not change; before is None at the beginning).
    actor: `teal` or a person. step, weight, mirror: the step's index and green's live and mirrored traffic in percent.
    judge_overruled: whether an operator had overruled the judge by then. verdict, readings: what the judge and each
    gate said at that time, if anything.
    """

    at: datetime
    before: Phase | None
    after: Phase
    actor: str
    reason: Reason
    step: int
    weight: int
    mirror: int = 0
    verdict: Verdict | None = None
    readings: tuple[Reading, ...] = ()
    judge_overruled: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """A rollout as it should be saved, and the entries to save with it."""

    rollout: Rollout
    entries: tuple[Entry, ...] = ()


def moved(rollout: Rollout, phase: Phase, reason: Reason, now: datetime, actor: str = TEAL) -> Decision:
    """Return the decision to move to another phase; raises IllegalMove if the table has no such transition."""
    after = move_phase(rollout, phase, reason, now)
    return Decision(after, (entry(after, reason, now, actor=actor, before=rollout.phase),))


def noted(rollout: Rollout, reason: Reason, now: datetime, actor: str = TEAL) -> Decision:
    """Return the decision to stay in this phase and record what happened."""
    return Decision(rollout, (entry(rollout, reason, now, actor=actor, before=rollout.phase),))


def entry(rollout: Rollout, reason: Reason, now: datetime, *, actor: str, before: Phase | None) -> Entry:
    """Return an entry about this rollout, with the evidence at this time."""
    return Entry(
        at=now,
        before=before,
        after=rollout.phase,
        actor=actor,
        reason=reason,
        step=rollout.progress.step,
        weight=rollout.traffic.weight,
        mirror=rollout.traffic.mirror,
        verdict=rollout.verdict,
        readings=rollout.readings if rollout.verdict else (),
        judge_overruled=rollout.override is not None,
    )
