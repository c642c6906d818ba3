"""The history of a rollout: what happened, who did it, why, and with which numbers. It is only ever added to."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from shared.core.gates.readings import Reading
from shared.core.phases import Phase
from shared.core.rollout.record import Rollout
from shared.core.rollout.record import move as move_phase

TEAL = "teal"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of history. before/after: the phases around it. by: `teal` or a person. numbers: what it rests on."""

    at: datetime
    before: Phase | None
    after: Phase
    by: str
    text: str
    numbers: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """A rollout as it should be saved, and the entries to save with it."""

    rollout: Rollout
    entries: tuple[Entry, ...] = ()


def moved(rollout: Rollout, phase: Phase, reason: str, now: datetime, by: str = TEAL) -> Decision:
    """Return the decision to move to another phase; raises IllegalMove if the table has no such move."""
    after = move_phase(rollout, phase, reason, now)
    return Decision(after, (entry(after, reason, now, by=by, before=rollout.phase),))


def noted(rollout: Rollout, text: str, now: datetime, by: str = TEAL) -> Decision:
    """Return the decision to stay in the phase and write down what happened."""
    return Decision(rollout, (entry(rollout, text, now, by=by, before=rollout.phase),))


def entry(rollout: Rollout, text: str, now: datetime, *, by: str, before: Phase | None) -> Entry:
    """Return an entry about this rollout, with the numbers that it stands on at this moment."""
    numbers: dict[str, object] = {"step": rollout.step, "weight": rollout.weight}
    if rollout.verdict is not None:
        numbers |= asdict(rollout.verdict) | {"gates": [_plain(reading) for reading in rollout.readings]}
    return Entry(at=now, before=before, after=rollout.phase, by=by, text=text, numbers=numbers)


def _plain(reading: Reading) -> dict[str, object]:
    """Return a reading as JSON has it: what is stored must come back as it was."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(reading).items()}


def after(decision: Decision, **changes: object) -> Decision:
    """Return the decision with fields of its rollout changed."""
    return replace(decision, rollout=replace(decision.rollout, **changes))  # type: ignore[arg-type] # dataclass fields
