"""What happened to events: delivery attempts, dead letters, and events without a subscriber. Bounded in size."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from emulator.resources import Json

MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST to the subscriber: when (virtual time), which attempt (from 1), and the status (None: no answer)."""

    event_id: str
    at: datetime
    number: int
    status: int | None

    @property
    def delivered(self) -> bool:
        """Whether the subscriber accepted the event: only 200 to 204 count."""
        return self.status is not None and 200 <= self.status <= 204


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that is not retried any more, with Azure's reason and the number of attempts."""

    event: Json
    reason: str
    attempts: int


@dataclass(slots=True)
class History:
    """The latest of each. `dropped` holds events without a subscription when published, or whose subscription ended."""

    attempts: deque[Attempt] = field(default_factory=lambda: deque(maxlen=MOST_REMEMBERED))
    dead_letters: deque[DeadLetter] = field(default_factory=lambda: deque(maxlen=MOST_REMEMBERED))
    dropped: deque[Json] = field(default_factory=lambda: deque(maxlen=MOST_REMEMBERED))
