"""Reduces a record to what decisions need, for when storage rejects it and the rollout must continue anyway."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from shared.core.bounds import cut
from shared.core.phases import JUDGED
from shared.core.rollout.history import Entry
from shared.core.rollout.judge_state import Judging
from shared.core.rollout.observed import Observed
from shared.core.rollout.operator_request import OperatorRequest, Override
from shared.core.rollout.reasons import Facts, Reason
from shared.core.rollout.record import Rollout

Said = TypeVar("Said", OperatorRequest, Override)
BRIEF = 80


def brief_rollout(rollout: Rollout) -> Rollout:
    """Return the rollout with only what decisions need; it keeps the evidence only while it is being judged."""
    seen = rollout.observed
    smoke, refusal, hold, override = rollout.progress.smoke, rollout.refusal, rollout.hold, rollout.override
    return replace(
        rollout,
        trigger=brief_reason(rollout.trigger),
        status=replace(rollout.status, reason=brief_reason(rollout.status.reason)),
        progress=replace(rollout.progress, smoke=smoke and replace(smoke, problems=())),
        judging=rollout.judging if rollout.phase in JUDGED else Judging(judged_until=rollout.judging.judged_until),
        observed=Observed(serving=seen.serving, green_content=seen.green_content, runs=seen.runs),
        requests=tuple(_brief(request) for request in rollout.requests),
        answered=(),
        override=override and _brief(override),
        refusal=refusal and replace(refusal, message=cut(refusal.message, BRIEF)),
        hold=hold and replace(hold, reason=brief_reason(hold.reason)),
    )


def _brief(said: Said) -> Said:
    return replace(said, by=cut(said.by, BRIEF), reason=cut(said.reason, BRIEF))


def brief_entry(entry: Entry) -> Entry:
    """Return the history entry with who did what and why, but without the evidence."""
    return replace(entry, actor=cut(entry.actor, BRIEF), reason=brief_reason(entry.reason), readings=())


def brief_reason(reason: Reason) -> Reason:
    """Return the reason with only short texts and numbers as facts."""
    facts = Facts()
    for name, value in reason.facts.items():
        if isinstance(value, str | int | float):
            facts[name] = cut(value, BRIEF) if isinstance(value, str) else value  # type: ignore[literal-required]  # a name of these facts
    return Reason(reason.code, facts, reason.because and brief_reason(reason.because))
