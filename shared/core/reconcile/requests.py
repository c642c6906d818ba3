"""Carries out operators' requests: one function per verb. `shared/core/verbs.py` says when a verb is possible.

Of several waiting requests the safest is carried out, and those that it contradicts are dropped. Every accepted request
has two entries in the history: that it was accepted, and its outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from shared.core.observation.observation import EndpointSeen
from shared.core.phases import Phase
from shared.core.reconcile.incidents import blue_fails
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.operator_request import OperatorRequest, Override
from shared.core.rollout.pauses import PauseCause, pause_cause
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.rollout.requests import skipped_steps
from shared.core.rollout.status import Progress
from shared.core.steps.traffic import next_step
from shared.core.verbs import Verb

ORDERED = frozenset({ReasonCode.HALTED, ReasonCode.HALT_UNKNOWN, ReasonCode.FREEZE_WINDOW})
Effect = Callable[[Rollout, OperatorRequest, EndpointSeen, datetime], Decision | None]


def rollback_requested(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Carry out an urgent request; None if there is none, or it is no longer possible."""
    request = next((each for each in due(rollout) if each.verb.row.urgent), None)
    if request is None or rollout.phase not in request.verb.row.phases:
        return None
    if request.by == history.TEAL and not rollout.open:
        return _dropped(rollout, request, now)  # it ended meanwhile, so there is nothing to replace
    return _carried_out(rollout, request, endpoint, now)


def asked(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Carry out the safest request, or record that it came too late; None if there are no requests."""
    requests = due(rollout)
    if not requests:
        return None
    safest = min(requests, key=lambda each: (each.verb.row.risk, each.full, each.at))
    return _carried_out(rollout, safest, endpoint, now)


def due(rollout: Rollout) -> tuple[OperatorRequest, ...]:
    """Return the requests to carry out now.

    A newer version's request to replace this one waits during a halt, a freeze or a comparison, and while blue, which
    would get green's traffic back, is failing.
    """
    halted = rollout.hold_reason is not None and rollout.hold_reason.code in ORDERED
    comparing = rollout.judging.comparison == "open" and rollout.phase in {Phase.STEPPING, Phase.PROMOTING}
    failing = rollout.open and rollout.traffic.weight > 0 and blue_fails(rollout)
    waits = halted or comparing or failing
    return tuple(each for each in rollout.requests if not (waits and each.by == history.TEAL))


def stopped(decision: Decision, because: Reason, now: datetime) -> Decision:
    """Return the decision with every waiting forward request dropped, because something else takes precedence."""
    lost = [each for each in decision.rollout.requests if each.verb.row.forward]
    return _overruled(decision, lost, because, now)


def unanswered(decision: Decision, now: datetime) -> Decision:
    """Return the decision with an entry for each request that a finished rollout can no longer carry out."""
    rollout = decision.rollout
    if rollout.finished is None or not rollout.requests:
        return decision
    late = [history.noted(rollout, _too_late(rollout, each), now, each.by).entries for each in rollout.requests]
    return Decision(
        replace(rollout, requests=()), decision.entries + tuple(entry for entries in late for entry in entries)
    )


def _dropped(rollout: Rollout, request: OperatorRequest, now: datetime) -> Decision:
    """Return the rollout without a request that came too late, with an entry that says so."""
    left = tuple(each for each in rollout.requests if each is not request)
    return history.noted(replace(rollout, requests=left), _too_late(rollout, request), now, request.by)


def _carried_out(rollout: Rollout, request: OperatorRequest, endpoint: EndpointSeen, now: datetime) -> Decision:
    others = list(rollout.requests)
    others.remove(request)
    granted, row = replace(rollout, requests=tuple(others)), request.verb.row
    possible = rollout.phase in row.phases and (rollout.smoke_passed or not row.tested)
    carried_out = _effect(request.verb)(granted, request, endpoint, now) if possible else None
    decision = carried_out or history.noted(granted, _too_late(rollout, request), now, request.by)
    lost = [each for each in others if _contradicts(request, each)]
    return _overruled(decision, lost, decision.entries[0].reason, now)


def _contradicts(first: OperatorRequest, other: OperatorRequest) -> bool:
    """Return whether another request contradicts the one that was carried out."""
    if first.verb.row.urgent or first.verb is other.verb:
        return True
    return first.verb is not Verb.OVERRIDE and other.verb.row.forward and other.verb is not Verb.OVERRIDE


def _overruled(decision: Decision, lost: Iterable[OperatorRequest], because: Reason, now: datetime) -> Decision:
    """Return the decision without these requests, each with an entry that says what took precedence."""
    rollout, entries = decision.rollout, decision.entries
    for each in lost:
        left = list(rollout.requests)
        left.remove(each)
        rollout = replace(rollout, requests=tuple(left))
        why = reason(
            ReasonCode.REQUEST_OVERRULED,
            because=because,
            actor=each.by,
            comment=each.reason,
            verb=each.verb.value,
        )
        entries += history.noted(rollout, why, now, each.by).entries
    return Decision(rollout, entries)


def _effect(verb: Verb) -> Effect:
    """Return the function that carries out a verb: it returns the decision, or None if it is too late."""
    match verb:
        case Verb.PROMOTE:
            return _promote
        case Verb.PAUSE:
            return _pause
        case Verb.RESUME:
            return _resume
        case Verb.ROLLBACK:
            return _roll_back
        case Verb.OVERRIDE:
            return _override
        case _:
            assert_never(verb)


def _promote(rollout: Rollout, request: OperatorRequest, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Start the next step, or skip all remaining ones. A request that was meant for an earlier step is too late."""
    if not endpoint.ready(rollout.green) or not (request.full or _of_this_step(rollout, request)):
        return None
    ours = rollout.with_traffic(edited_since=None)
    if not request.full:
        return next_step(ours, _operator(ReasonCode.OPERATOR_PROMOTE, request), now, request.by)
    why = _operator(ReasonCode.OPERATOR_PROMOTE_FULL, request)
    why.facts["skipped"] = skipped_steps(rollout)
    past_the_last = replace(ours, progress=Progress(step=len(rollout.policy.steps), since=now))
    return history.moved(past_the_last, Phase.PROMOTING, why, now, request.by)


def _pause(rollout: Rollout, request: OperatorRequest, _endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Pause the rollout. A pause that would have ended by itself now lasts until an operator ends it."""
    why = _operator(ReasonCode.OPERATOR_PAUSE, request)
    if pause_cause(rollout) in {PauseCause.OPERATOR, PauseCause.EXTERNAL_CHANGE}:
        return history.noted(rollout, why, now, request.by)
    return history.moved(rollout, Phase.PAUSED, why, now, request.by)


def _resume(rollout: Rollout, request: OperatorRequest, _endpoint: EndpointSeen, now: datetime) -> Decision | None:
    if not _of_this_step(rollout, request):
        return None
    why, step = _operator(ReasonCode.OPERATOR_RESUME, request), rollout.current_step
    ours = rollout.with_traffic(edited_since=None)
    if step is not None and step.resumed(ours):
        return next_step(ours, why, now, request.by)
    return history.moved(ours.with_progress(since=now), Phase.STEPPING, why, now, request.by)


def _override(rollout: Rollout, request: OperatorRequest, _endpoint: EndpointSeen, now: datetime) -> Decision | None:
    overruled = replace(rollout, override=Override(request.by, request.reason, now))
    return history.noted(overruled, _operator(ReasonCode.OPERATOR_OVERRIDE, request), now, request.by)


def _roll_back(rollout: Rollout, request: OperatorRequest, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    if rollout.phase is Phase.PROMOTED and not endpoint.ready(rollout.blue):
        lost = reason(ReasonCode.BLUE_LOST, deployment=rollout.blue or "")
        return history.noted(rollout, _too_late(rollout, request, because=lost), now, request.by)
    why = _operator(ReasonCode.OPERATOR_ROLLBACK, request)
    return history.moved(rollout, Phase.ROLLING_BACK, why, now, request.by)


def _of_this_step(rollout: Rollout, request: OperatorRequest) -> bool:
    return request.step in {None, rollout.progress.step}


def _operator(code: ReasonCode, request: OperatorRequest) -> Reason:
    return reason(code, actor=request.by, comment=request.reason, verb=request.verb.value)


def _too_late(rollout: Rollout, request: OperatorRequest, because: Reason | None = None) -> Reason:
    return reason(
        ReasonCode.REQUEST_TOO_LATE,
        because=because,
        actor=request.by,
        comment=request.reason,
        verb=request.verb.value,
        phase=rollout.phase.value,
    )
