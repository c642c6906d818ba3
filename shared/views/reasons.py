"""Why something happened, as the API shows it: the code and its facts, and the sentence that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from shared.core.rollout.reasons import Reason, ReasonCode
from shared.words import sentence


@dataclass(frozen=True, slots=True)
class ReasonView:
    """A reason for programs, which should act on its code, never on a sentence."""

    code: Annotated[ReasonCode, "What happened. Codes keep their meaning; new ones may be added."]
    facts: Annotated[dict[str, object], "The facts in the sentence: deployments, weights, counts, odds, limits."]
    because: Annotated[ReasonView | None, "The underlying reason, where one thing follows from another."]


@dataclass(frozen=True, slots=True)
class ExplainedView(ReasonView):
    """A reason with its sentence."""

    summary: Annotated[str, "The reason as a sentence, for people."]


def reason_view(reason: Reason) -> ReasonView:
    """Return a reason as a code and its facts."""
    because = reason_view(reason.because) if reason.because else None
    return ReasonView(reason.code, dict(reason.facts), because)


def explained_view(reason: Reason) -> ExplainedView:
    """Return a reason with its sentence."""
    shown = reason_view(reason)
    return ExplainedView(shown.code, shown.facts, shown.because, sentence(reason))
