"""Deadlines: how long each part of a rollout can take. They count observed time only and never override evidence.

Nor do they give traffic to a blue that was seen failing: that is an operator's decision.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.core.observation.observation import EndpointSeen
from shared.core.phases import JUDGED, STEERING, Phase
from shared.core.reconcile.incidents import blue_fails
from shared.core.reconcile.withholding import withheld_rollback
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.pauses import PauseCause, pause_cause
from shared.core.rollout.reasons import Facts, Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.steps.traffic import waiting_for


class _Deadline(NamedTuple):
    """One of the policy's deadlines that has passed."""

    name: str
    limit: timedelta
    because: Reason | None = None


def overdue(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Return the rollback of a rollout that takes too long; if green is certified, the deadline is only reported."""
    if rollout.hold is not None or rollout.rereading.recheck is not None:
        return None  # a hold has no deadline, and there is no verdict while old minutes are read again
    missed = _missed(rollout, endpoint, now)
    if missed is None:
        return None
    facts = Facts(deadline=missed.name, limit_seconds=missed.limit.total_seconds(), deployment=rollout.green)
    if not rollout.passes:
        if _back_to_failing_blue(rollout, endpoint) or withheld_rollback(rollout) is not None:
            return None
        why = Reason(ReasonCode.DEADLINE_EXCEEDED, facts, missed.because)
        return history.moved(rollout, Phase.ROLLING_BACK, why, now)
    if missed.name != "rollout":
        return None  # green passes, so the rollout advances
    again = replace(rollout, status=replace(rollout.status, started=now))
    return history.noted(again, Reason(ReasonCode.DEADLINE_POSTPONED, facts), now)


def withheld(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Reason | None:
    """Return why a rollout that takes too long is held instead of rolled back: blue was seen failing."""
    before = rollout.hold_reason
    if before is not None and before.code is not ReasonCode.DEADLINE_WITHHELD:
        return None  # time on hold does not count
    if rollout.rereading.recheck is not None:
        return before  # while old minutes are read again there is no verdict
    if rollout.passes or rollout.judge_overruled or not _back_to_failing_blue(rollout, endpoint):
        return None
    missed = None if before is not None else _missed(rollout, endpoint, now)
    if missed is None:
        return before
    return reason(
        ReasonCode.DEADLINE_WITHHELD,
        because=missed.because,
        deadline=missed.name,
        limit_seconds=missed.limit.total_seconds(),
        deployment=rollout.blue or "",
        other=rollout.green,
    )


def _back_to_failing_blue(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether a rollback would move traffic to a blue that failed when it last had requests."""
    return rollout.phase in JUDGED and rollout.green in endpoint.traffic and blue_fails(rollout)


def _missed(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> _Deadline | None:
    limits, since = rollout.policy.deadlines, rollout.status.since
    if rollout.phase in STEERING and now - rollout.status.started > limits.rollout:
        return _Deadline("rollout", limits.rollout, _waited_for(rollout))
    if rollout.phase is Phase.PROVISIONING and now - since > limits.provisioning:
        return None if endpoint.ready(rollout.green) else _Deadline("provisioning", limits.provisioning)
    began = rollout.progress.since if rollout.phase is Phase.STEPPING and rollout.progress.since else since
    judged = rollout.phase in {Phase.STEPPING, Phase.PROMOTING} and rollout.telemetry_proven
    if judged and now - began > limits.step:
        return _Deadline("step", limits.step, _waited_for(rollout))
    return None


def _waited_for(rollout: Rollout) -> Reason:
    """Return what the rollout was last waiting for: evidence, or otherwise the reason for its last transition.

    A paused rollout waits for what paused it, whatever the evidence says.
    """
    if pause_cause(rollout) not in {None, PauseCause.EVIDENCE}:
        return rollout.status.reason
    waiting = waiting_for(rollout)
    return rollout.status.reason if waiting.code is ReasonCode.NOTHING_JUDGED else waiting
