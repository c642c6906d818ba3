"""What operators asked for, carried out: one function per verb. When a verb is possible: `shared/core/verbs.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from shared.core.observation.observation import EndpointSeen
from shared.core.phases import Phase
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import OperatorRequest, Rollout
from shared.core.steps.traffic import next_step
from shared.core.verbs import Verb

Effect = Callable[[Rollout, OperatorRequest, EndpointSeen, datetime], Decision | None]


def asked_back(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Carry out an urgent request; None if there is none, or it is not possible any more."""
    request = rollout.request
    if request is None or not request.verb.row.urgent or rollout.phase not in request.verb.row.phases:
        return None
    return _carried_out(rollout, request, endpoint, now)


def asked(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Carry out what an operator asked for, or record that it came too late; None if nobody asked for anything."""
    return None if rollout.request is None else _carried_out(rollout, rollout.request, endpoint, now)


def _carried_out(rollout: Rollout, request: OperatorRequest, endpoint: EndpointSeen, now: datetime) -> Decision:
    granted, row = replace(rollout, request=None), request.verb.row
    possible = rollout.phase in row.phases and (rollout.smoke_passed or not row.tested)
    carried_out = _effect(request.verb)(granted, request, endpoint, now) if possible else None
    return carried_out or history.noted(granted, _too_late(rollout, request), now, request.by)


def _effect(verb: Verb) -> Effect:
    """Return what carries out a verb: given the rollout without the request, the decision, or None if too late."""
    match verb:
        case Verb.PROMOTE:
            return _promote
        case Verb.PAUSE:
            return _pause
        case Verb.RESUME:
            return _resume
        case Verb.ROLLBACK:
            return _roll_back
        case _:
            assert_never(verb)


def _promote(rollout: Rollout, request: OperatorRequest, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    if not endpoint.ready(rollout.green):
        return None
    rollout = rollout.with_traffic(edited_since=None)
    return history.moved(rollout, Phase.PROMOTING, _operator(ReasonCode.OPERATOR_PROMOTE, request), now, request.by)


def _pause(rollout: Rollout, request: OperatorRequest, _endpoint: EndpointSeen, now: datetime) -> Decision | None:
    return history.moved(rollout, Phase.PAUSED, _operator(ReasonCode.OPERATOR_PAUSE, request), now, request.by)


def _resume(rollout: Rollout, request: OperatorRequest, _endpoint: EndpointSeen, now: datetime) -> Decision | None:
    why, step = _operator(ReasonCode.OPERATOR_RESUME, request), rollout.current_step
    rollout = rollout.with_traffic(edited_since=None)
    if step is not None and step.resumed(rollout):
        return next_step(rollout, why, now, request.by)
    return history.moved(rollout.with_progress(since=now), Phase.STEPPING, why, now, request.by)


def _roll_back(rollout: Rollout, request: OperatorRequest, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    # A refusal of something that moves forward says nothing about a rollback.
    granted = replace(rollout, refusal=None)
    if rollout.phase is Phase.PROMOTED and not endpoint.ready(rollout.blue):
        lost = reason(ReasonCode.BLUE_LOST, deployment=rollout.blue or "")
        return history.noted(granted, _too_late(rollout, request, because=lost), now, request.by)
    why = _operator(ReasonCode.OPERATOR_ROLLBACK, request)
    return history.moved(granted, Phase.ROLLING_BACK, why, now, request.by)


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
