"""What an operator may ask of a rollout: one row per verb.

The HTTP API and its documents are made from these rows; what a verb does to a rollout is decided in
`reconcile/requests.py`. Imports little, because functions are indexed with it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Self

from shared.core.phases import Phase


class VerbRow(NamedTuple):
    """What is known of a verb.

    summary: what it does, as an imperative. phases: those in which it is possible. tested: whether green must have
    passed its smoke test first. urgent: carried out before everything else, also under a hold, and not to be replaced
    by another request.
    """

    summary: str
    phases: frozenset[Phase]
    tested: bool = False
    urgent: bool = False


class Verb(StrEnum):
    """One action of an operator."""

    row: VerbRow

    def __new__(cls, value: str, row: VerbRow) -> Self:
        """Return the member for one row."""
        member = str.__new__(cls, value)
        member._value_, member.row = value, row
        return member

    @classmethod
    def named(cls, name: str) -> Verb:
        """Return the verb of this name. Raises KeyError without one."""
        return cls[name.upper()]

    PROMOTE = (
        "promote",
        VerbRow("Shift all live traffic to green now", frozenset({Phase.STEPPING, Phase.PAUSED}), tested=True),
    )
    PAUSE = "pause", VerbRow("Keep green at its present weight until resumed", frozenset({Phase.STEPPING}))
    RESUME = "resume", VerbRow("Continue a paused rollout", frozenset({Phase.PAUSED}))
    ROLLBACK = (
        "rollback",
        VerbRow(
            "Return all live traffic to blue",
            frozenset({Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING, Phase.PROMOTED}),
            urgent=True,
        ),
    )
