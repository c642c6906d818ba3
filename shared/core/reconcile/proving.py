"""Proof that this endpoint's telemetry arrives. Without it green gets no traffic, since it could not be judged.

Proof is one request to the endpoint in the policy's source: one to blue from shortly before green was ready, or any
request since, such as the smoke test's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from shared.core.observation.observation import DeploymentMinute, EndpointSeen, Observation
from shared.core.observation.telemetry_path import PathState, TelemetryPath
from shared.core.phases import Phase
from shared.core.reconcile import rereading
from shared.core.reconcile.silence import is_silent, traffic_pattern
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.telemetry.sources import SOURCE_KINDS

RECENT = timedelta(minutes=15)
# How much later than the configured lag a smoke request may appear before its absence is reported.
GRACE = timedelta(minutes=5)
_WRONG_SETTINGS = {
    PathState.NO_SETTING: ReasonCode.DIAGNOSTIC_SETTING_MISSING,
    PathState.CATEGORY_OFF: ReasonCode.REQUEST_LOG_OFF,
    PathState.OTHER_WORKSPACE: ReasonCode.LOGGED_ELSEWHERE,
}


def newest_request(rollout: Rollout, rows: Iterable[DeploymentMinute], now: datetime) -> datetime | None:
    """Return the newest minute that proves that telemetry arrives; None also if the log has stopped since then."""
    known, lag = list(rows), rollout.telemetry_lag
    newest = _newest(known)
    if newest is None or newest < (rollout.progress.since or now) - lag - RECENT:
        return None
    return None if is_silent(traffic_pattern(known), now - newest, lag) else newest


def wrong_setting(path: TelemetryPath | None) -> Reason | None:
    """Return why requests cannot arrive by this path, or None if they may."""
    code = _WRONG_SETTINGS.get(path.state) if path is not None else None
    return reason(code, message=path.detail) if path is not None and code is not None else None


def record_observation(rollout: Rollout, observation: Observation, now: datetime) -> Rollout:
    """Return the rollout with any proof that this observation brings, if it needs one.

    The step's clock starts then: no deadline runs for green while Teal cannot see it.
    """
    if rollout.telemetry_proven or observation.history is None:
        return rollout
    known = _with_longer_lag(rollout, observation.history, now)
    newest = newest_request(known, observation.history, now)
    return known if newest is None else known.with_judging(telemetry_seen=newest).with_progress(since=now)


def _with_longer_lag(rollout: Rollout, rows: Sequence[DeploymentMinute], now: datetime) -> Rollout:
    """Return the rollout with a longer lag if requests still appear, but so late that the log seems to have stopped."""
    newest, before = _newest(rows), rollout.judging.newest_logged
    known = rollout.with_judging(newest_logged=newest)
    if newest is None or before is None or newest <= before:
        return known
    age = now - newest
    silent = is_silent(traffic_pattern(rows), age, rollout.telemetry_lag)
    return rereading.with_longer_lag(known, age) if silent else known


def _newest(rows: Iterable[DeploymentMinute]) -> datetime | None:
    return max((row.minute for row in rows if row.total), default=None)


def report(rollout: Rollout, observation: Observation, _endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Report why there is no proof, once for each cause, and later that there is proof after all."""
    before = rollout.observed.unproven
    if rollout.telemetry_proven:
        if before is None:
            return None
        arrived = reason(ReasonCode.TELEMETRY_PROVEN)
        return history.noted(rollout.with_observed(unproven=None), arrived, now)
    cause = _cause(rollout, observation, now) if rollout.phase is Phase.STEPPING else None
    if cause is None or (before is not None and before.code is cause.code):
        return None
    lacking = reason(ReasonCode.TELEMETRY_UNPROVEN, because=cause, deployment=rollout.green)
    return history.noted(rollout.with_observed(unproven=cause), lacking, now)


def _cause(rollout: Rollout, observation: Observation, now: datetime) -> Reason | None:
    """Return what is missing; None while the smoke requests may just not have arrived yet."""
    path = observation.path
    if (wrong := wrong_setting(path)) is not None:
        return wrong
    if observation.telemetry_problem is not None:
        return _unanswered(rollout, observation.telemetry_problem, refused=observation.telemetry_refused)
    if observation.no_table is not None:
        return reason(ReasonCode.LOG_TABLE_MISSING, message=observation.no_table)
    waited = now - (rollout.progress.since or now)
    unreadable = path.detail if path is not None and path.state is PathState.UNKNOWN else ""
    if observation.history is None or waited <= rollout.telemetry_lag + GRACE:
        return reason(ReasonCode.DIAGNOSTIC_SETTING_UNREADABLE, message=unreadable) if unreadable else None
    silent = reason(ReasonCode.REQUESTS_NOT_LOGGED, limit_seconds=waited.total_seconds())
    if unreadable:
        silent.facts["message"] = unreadable
    return silent


def _unanswered(rollout: Rollout, problem: str, *, refused: bool) -> Reason:
    """Return why telemetry gave no answer and, if Azure refused access, which role is needed."""
    if not refused:
        return reason(ReasonCode.TELEMETRY_UNAVAILABLE, message=problem)
    why = reason(ReasonCode.TELEMETRY_REFUSED, message=problem)
    kind = SOURCE_KINDS.get(rollout.policy.judge.errors_from)
    if kind is not None and kind.role:
        why.facts["role"] = kind.role
    return why
