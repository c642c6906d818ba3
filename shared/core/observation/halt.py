"""The halt: an operator's order that no rollout advances. Rollbacks are never halted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.redaction import redacted


@dataclass(frozen=True, slots=True)
class HaltEnd:
    """Who ended a halt, why and when."""

    by: str
    reason: str
    at: datetime

    def __post_init__(self) -> None:
        """Redact any secret in the text."""
        object.__setattr__(self, "reason", redacted(self.reason))


@dataclass(frozen=True, slots=True)
class Halt:
    """One halt. by, reason: who ordered it, and why. ended: None while it is in force."""

    by: str
    reason: str
    at: datetime
    ended: HaltEnd | None = None

    def __post_init__(self) -> None:
        """Redact any secret in the text."""
        object.__setattr__(self, "reason", redacted(self.reason))

    @property
    def in_force(self) -> bool:
        """Whether it still holds every rollout."""
        return self.ended is None


@dataclass(frozen=True, slots=True)
class HaltEntry:
    """One entry of the history of halts. halted: true if a halt was ordered, false if one was ended."""

    by: str
    reason: str
    at: datetime
    halted: bool

    @classmethod
    def of(cls, halt: Halt) -> HaltEntry:
        """Return the entry for a halt that was just ordered, or just ended."""
        if halt.ended is None:
            return cls(halt.by, halt.reason, halt.at, halted=True)
        return cls(halt.ended.by, halt.ended.reason, halt.ended.at, halted=False)
