"""How a simulated rollout ended, and what stopped it: classified by phase and reason code alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.core.phases import Phase
from shared.core.rollout import Rollout
from shared.core.rollout.history import Entry
from shared.core.rollout.reasons import Reason, ReasonCode
from shared.core.steps.traffic import waiting_for


class Ending(StrEnum):
    """How a rollout ended. PAUSED: nobody resumes it. UNFINISHED: the simulation ran out of minutes."""

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    PAUSED = "paused"
    FAILED = "failed"
    UNFINISHED = "unfinished"

    @property
    def words(self) -> str:
        """The ending, formatted for reading."""
        return self.value.replace("_", " ")


ENDINGS = {
    Phase.PROMOTED: Ending.PROMOTED,
    Phase.ROLLED_BACK: Ending.ROLLED_BACK,
    Phase.PAUSED: Ending.PAUSED,
    Phase.FAILED: Ending.FAILED,
    Phase.SUPERSEDED: Ending.FAILED,
}
# Not green's fault: it never served, or an operator decided.
NOT_ABOUT_EVIDENCE = frozenset({ReasonCode.PROVISIONING_FAILED, ReasonCode.OPERATOR_ROLLBACK})
ABOUT_A_GATE = frozenset(
    {
        ReasonCode.REGRESSION_DETECTED,
        ReasonCode.SUSPICIOUS,
        ReasonCode.NOT_CERTIFIED,
        ReasonCode.GATE_NOT_JUDGED,
        ReasonCode.STEP_PASSED,
    }
)


@dataclass(frozen=True, slots=True)
class Blocker:
    """What stopped a rollout.

    step: its index; -1 for provisioning, the number of steps for the promotion. code: why. cause: what was missing, if
    the code says that something was. gate, deadline: the one concerned, or empty. limit_seconds: the time limit that
    was exceeded.
    """

    ending: Ending
    step: int
    code: ReasonCode
    cause: ReasonCode | None = None
    gate: str = ""
    deadline: str = ""
    limit_seconds: float | None = None

    @property
    def blames_green(self) -> bool:
        """Whether the rollout was rolled back because of green: it did harm, or was not shown harmless in time."""
        unready = self.deadline == "provisioning"
        return self.ending is Ending.ROLLED_BACK and self.code not in NOT_ABOUT_EVIDENCE and not unready


def ending_of(rollout: Rollout) -> Ending:
    """Return how a rollout ended."""
    return ENDINGS.get(rollout.phase, Ending.UNFINISHED)


def rollback_of(entries: Sequence[Entry]) -> Entry | None:
    """Return the entry that decided to roll back, if one did."""
    return next((entry for entry in entries if entry.after is Phase.ROLLING_BACK), None)


def blocker_of(rollout: Rollout, entries: Sequence[Entry]) -> Blocker | None:
    """Return what stopped a rollout, or None if it was promoted."""
    ending = ending_of(rollout)
    if ending is Ending.PROMOTED:
        return None
    back = rollback_of(entries)
    why = rollout.hold_reason or waiting_for(rollout) if ending is Ending.UNFINISHED else rollout.status.reason
    chain = list(_chain(back.reason if back is not None else why))
    about = next((one for one in chain if one.code in ABOUT_A_GATE), None)
    return Blocker(
        ending=ending,
        step=_step(
            rollout.phase if back is None else back.before, rollout.progress.step if back is None else back.step
        ),
        code=chain[0].code,
        cause=chain[-1].code if len(chain) > 1 else None,
        gate=about.facts.get("gate", "") if about is not None else "",
        deadline=chain[0].facts.get("deadline", ""),
        limit_seconds=chain[0].facts.get("limit_seconds"),
    )


def _step(phase: Phase | None, step: int) -> int:
    return -1 if phase is Phase.PROVISIONING else step


def evidence_pauses(entries: Sequence[Entry]) -> int:
    """Return how often Teal paused the rollout for lack of evidence."""
    return sum(entry.reason.code is ReasonCode.EVIDENCE_INSUFFICIENT for entry in entries)


def _chain(reason: Reason | None) -> Iterator[Reason]:
    """Yield a reason, then its cause, and so on."""
    while reason is not None:
        yield reason
        reason = reason.because
