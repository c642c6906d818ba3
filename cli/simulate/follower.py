"""Whether a replay still decides what was recorded, and what comes next if it does. It must never decide anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cli.simulate.recording import Recorded, Recording
from shared.core.rollout.history import Entry
from shared.words import sentence


@dataclass(slots=True)
class Follower:
    """Follows the new decisions along the recorded ones. departed: the moment of the first that differs."""

    recording: Recording
    entries: list[Entry]
    departed: datetime | None = None
    followed: int = 0

    def check(self, now: datetime, *, again: bool) -> bool:
        """Say whether what was decided by now is what was recorded; again: another look at this moment follows."""
        known = self.recording.decisions
        while self.departed is None and self.followed < len(self.entries):
            made = self.entries[self.followed]
            if self.followed >= len(known) or decided(made).what != known[self.followed].what:
                self.departed = made.at
            self.followed += 1
        following = self.following
        if following is not None and (following.at < now or (following.at == now and not again)):
            self.departed = now
        return self.departed is None

    @property
    def following(self) -> Recorded | None:
        """The recorded decision that comes next; None behind the last one, and after a departure."""
        known = self.recording.decisions
        return known[self.followed] if self.departed is None and self.followed < len(known) else None


def decided(entry: Entry) -> Recorded:
    """Return a decision as it would be recorded."""
    before, text = entry.before or entry.after, sentence(entry.reason)
    return Recorded(entry.at, before, entry.after, entry.actor, entry.step, entry.weight, text)
