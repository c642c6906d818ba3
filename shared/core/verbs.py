"""What an operator can request of a rollout: one row per verb.

The HTTP API and its documents are generated from these rows; what a verb does to a rollout is decided in
`reconcile/requests.py`. Imports little, because it is loaded when functions are indexed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Self

from shared.core.phases import Phase


class VerbRow(NamedTuple):
    """The properties of a verb.

    summary: what it does, as an imperative. phases: those in which it is possible. risk: of several waiting requests,
    the one with the lowest risk is carried out first. tested: whether green must have passed its smoke test. urgent:
    whether it is carried out before everything else, even during a hold. forward: whether it can give green more
    traffic; the caller must then say which rollout is meant, and requests that cannot take precedence.
    """

    summary: str
    phases: frozenset[Phase]
    risk: int
    tested: bool = False
    urgent: bool = False
    forward: bool = False


class Verb(StrEnum):
    """An operator's action."""

    row: VerbRow

    def __new__(cls, value: str, row: VerbRow) -> Self:
        """Return the member for one row."""
        member = str.__new__(cls, value)
        member._value_, member.row = value, row
        return member

    @classmethod
    def named(cls, name: str) -> Verb:
        """Return the verb with this name. Raises KeyError if there is none."""
        return cls[name.upper()]

    PROMOTE = (
        "promote",
        VerbRow(
            "Start the next step now, or promote all the way",
            frozenset({Phase.STEPPING, Phase.PAUSED}),
            risk=4,
            tested=True,
            forward=True,
        ),
    )
    PAUSE = (
        "pause",
        VerbRow(
            "Keep green at its current weight until resumed",
            frozenset({Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING}),
            risk=1,
        ),
    )
    RESUME = "resume", VerbRow("Continue a paused rollout", frozenset({Phase.PAUSED}), risk=3, forward=True)
    ROLLBACK = (
        "rollback",
        VerbRow(
            "Return all live traffic to blue",
            frozenset({Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING, Phase.PROMOTED}),
            risk=0,
            urgent=True,
        ),
    )
    OVERRIDE = (
        "override",
        VerbRow(
            "Overrule the judge until this rollout ends",
            frozenset({Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING}),
            risk=2,
            forward=True,
        ),
    )
