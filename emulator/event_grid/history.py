"""What became of events: attempts, dead letters, and events that nobody subscribed to. Bounded; only remembers."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from emulator.resources import Json

MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST to the subscriber: when (virtual), which try of the event (from 1), and the status; None: no answer."""

    event_id: str
    at: datetime
    number: int
    status: int | None

    @property
    def delivered(self) -> bool:
        """Whether the subscriber took the event: 200 to 204, nothing else."""
        return self.status is not None and 200 <= self.status <= 204


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that is not tried again, with what Azure writes beside it in the dead-letter container."""

    event: Json
    reason: str
    attempts: int
    outcome: str
    published: datetime
    last_attempt: datetime


@dataclass(slots=True)
class History:
    """The newest of each. `dropped` holds events published while there was no subscription, or that lost theirs."""

    attempts: deque[Attempt] = field(default_factory=lambda: deque(maxlen=MOST_REMEMBERED))
    dead_letters: deque[DeadLetter] = field(default_factory=lambda: deque(maxlen=MOST_REMEMBERED))
    dropped: deque[Json] = field(default_factory=lambda: deque(maxlen=MOST_REMEMBERED))
