"""What operators ask of a rollout, as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.core.bounds import LONGEST_ITEM, cut
from shared.core.rollout.reasons import READ
from shared.core.verbs import Verb
from shared.redaction import redacted


@dataclass(frozen=True, slots=True)
class OperatorRequest:
    """An operator's request, which is carried out by the same loop as everything else.

    full: whether `promote` means all the way rather than the next step. step: the rollout's step when it was accepted.
    """

    verb: Verb
    by: str
    reason: str
    at: datetime
    full: bool = False
    step: int | None = None

    def __post_init__(self) -> None:
        """Truncate the input, as the API does."""
        object.__setattr__(self, "by", cut(redacted(self.by[:READ]), LONGEST_ITEM))
        object.__setattr__(self, "reason", cut(redacted(self.reason[:READ]), LONGEST_ITEM))


@dataclass(frozen=True, slots=True)
class AnsweredKey:
    """The digest of an idempotency key under which a request was accepted, and of the request; and when it was.

    verb: what was requested.
    """

    key: str
    verb: Verb
    request: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Override:
    """An operator's decision that the judge neither rolls this rollout back nor stops it from advancing."""

    by: str
    reason: str
    at: datetime

    def __post_init__(self) -> None:
        """Truncate the input, as the API does."""
        object.__setattr__(self, "by", cut(redacted(self.by[:READ]), LONGEST_ITEM))
        object.__setattr__(self, "reason", cut(redacted(self.reason[:READ]), LONGEST_ITEM))
