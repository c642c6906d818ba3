"""The time that Teal observed. Deadlines and patience count only that, so its own outages do no harm.

Observed means that the endpoint was read, and telemetry too if it was requested. Any other time is not observed,
whether the timer did not fire, the endpoint could not be read, or telemetry gave no answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.core.observation.observation import Observation
from shared.core.observation.spans import floor_minute
from shared.core.phases import JUDGED
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.postponing import cleanup_postponed, postponed
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout

# The last observation is recorded no more often than this, so that a quiet tick usually writes nothing.
NOTED = timedelta(minutes=2)
GAP = timedelta(minutes=10)


def account(rollout: Rollout, observation: Observation, now: datetime) -> Decision:
    """Return the rollout with this observation recorded; a gap is reported and counts towards no deadline."""
    last = rollout.observed.last
    if not _answered(rollout, observation) or (last is not None and timedelta(0) <= now - last < NOTED):
        return Decision(rollout)
    noted, before = rollout.with_observed(last=now), last or rollout.status.since
    if now - before < GAP:
        return Decision(noted)
    since = last + NOTED if last else before  # the observation after `last` may not have been recorded
    if not rollout.open:
        return Decision(cleanup_postponed(noted, since, now))
    if rollout.hold is None:  # the end of a hold excludes all of its time
        noted = postponed(noted, since, now)
    missing = rollout.observed.telemetry_problem or "Teal did not run, or could not read the endpoint"
    seconds = (now - before).total_seconds()
    why = reason(ReasonCode.OBSERVATION_RESUMED, since=before.isoformat(), limit_seconds=seconds, message=missing)
    return history.noted(noted, why, now)


def behind(rollout: Rollout, observation: Observation, now: datetime) -> bool:
    """Return whether settled minutes remain to be read, which takes several reconciles after a long outage."""
    settled = floor_minute(now - rollout.telemetry_lag)
    read_until = (
        observation.settled_until if rollout.phase in JUDGED else None
    )  # after the end, only old minutes are read
    return read_until is not None and read_until < settled


def observed(rollout: Rollout, observation: Observation, now: datetime) -> bool:
    """Return whether everything was observed that deadlines depend on."""
    return _answered(rollout, observation) and not behind(rollout, observation, now)


def _answered(rollout: Rollout, observation: Observation) -> bool:
    """Return whether telemetry answered, or nothing depends on it, as before green's first request."""
    begun = rollout.phase in JUDGED and rollout.judging.judged_until is not None
    return observation.telemetry_problem is None or not begun
