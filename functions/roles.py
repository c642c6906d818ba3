"""The app roles of signed-in callers. Each includes what the one before it may do.

Imports nothing of Teal, because it is loaded when functions are indexed. `infra/app-roles.json` declares the same roles
to Entra ID.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class AppRole(StrEnum):
    """What a caller may do."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        """Return the member for one row."""
        member = str.__new__(cls, value)
        member._value_, member.meaning = value, meaning
        return member

    READER = "Teal.Reader", "Read rollouts, halts and health."
    RESPONDER = "Teal.Responder", "Also pause and roll back rollouts, and halt them all: whatever makes things safer."
    OPERATOR = "Teal.Operator", "Also start, promote, resume and override rollouts, and end a halt."

    @property
    def sufficient(self) -> tuple[AppRole, ...]:
        """The roles of which a caller needs one, if this one is required."""
        ranked = tuple(AppRole)
        return ranked[ranked.index(self) :]
