"""Checks whether a replay still makes the recorded decisions: matched in order by content, not by time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cli.simulate.recording import RecordedDecision, Recording
from shared.core.rollout.history import Entry
from shared.words import sentence

# A recorded reconcile may have been late: a tick was missed, or the machine was busy. If a decision comes earlier or
# later # than this, green has its share for a different period than recorded, so the recorded counts no longer apply.
TOLERANCE = timedelta(minutes=5)


@dataclass(slots=True)
class DecisionMatcher:
    """Matches new decisions with recorded ones. departed: time of the first difference. matched: number that agreed."""

    recording: Recording
    entries: list[Entry]
    departed: datetime | None = None
    matched: int = 0

    def update(self, now: datetime) -> None:
        """Match the decisions made by now."""
        while self.departed is None and self.matched < len(self.entries):
            made, expected = decision_of(self.entries[self.matched]), self.following
            if expected is None or made.content != expected.content or abs(made.at - expected.at) > TOLERANCE:
                self.departed = made.at
            self.matched += 1
        if self.following is not None and now - self.following.at > TOLERANCE:
            self.departed = now

    @property
    def following(self) -> RecordedDecision | None:
        """The next recorded decision, or None after the last one or after a departure."""
        known = self.recording.decisions
        return known[self.matched] if self.departed is None and self.matched < len(known) else None

    def early(self, entries: Sequence[Entry], now: datetime) -> bool:
        """Return whether these are the next recorded decision, made before the recorded reconcile made it."""
        expected = self.following
        if not entries or expected is None or not now < expected.at <= now + TOLERANCE:
            return False
        return decision_of(entries[0]).content == expected.content


def decision_of(entry: Entry) -> RecordedDecision:
    """Convert a history entry to the decision that would have been recorded."""
    return RecordedDecision(
        at=entry.at,
        before=entry.before or entry.after,
        after=entry.after,
        actor=entry.actor,
        code=entry.reason.code,
        step=entry.step,
        weight=entry.weight,
        text=sentence(entry.reason),
    )
