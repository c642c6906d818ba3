"""The ports for messages: wake-ups, the backlog of queues, and notifications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shared.core.endpoint_id import EndpointId
from shared.core.rollout import Rollout
from shared.core.rollout.history import Entry


class Wakeups(Protocol):
    """Triggers a reconcile before the next tick."""

    def wake(self, endpoint: EndpointId) -> None:
        """Have the endpoint reconciled soon. Lost or duplicate wake-ups are harmless: the timer fires anyway."""


@dataclass(frozen=True, slots=True)
class BacklogCounts:
    """How many queue messages wait, how many were given up, and how many events could not be delivered."""

    waiting: int = 0
    poison: int = 0
    dead_letters: int = 0


class Backlog(Protocol):
    """What waits to be done, and what was given up."""

    def counts(self) -> BacklogCounts:
        """Return how many there are of each."""


class Channel(Protocol):
    """A notification channel, such as the log."""

    def notify(self, rollout: Rollout, entry: Entry) -> None:
        """Report a saved history entry. rollout: its state after the entry. Raises Temporary or Permanent."""
