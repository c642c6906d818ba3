"""Time that counts against no deadline: what a hold took, and what nobody observed.

Deadlines and patience are counted from moments on the record, so such time moves these moments forward.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.rollout.record import Rollout


def postponed(rollout: Rollout, since: datetime, now: datetime) -> Rollout:
    """Return the rollout for which the time from `since` to `now` does not count; what began in it begins now."""
    progress = rollout.progress.since
    return replace(
        rollout.with_progress(since=progress and _later(progress, since, now)),
        status=replace(
            rollout.status,
            started=_later(rollout.status.started, since, now),
            since=_later(rollout.status.since, since, now),
        ),
    )


def cleanup_postponed(rollout: Rollout, since: datetime, now: datetime) -> Rollout:
    """Return the rollout whose overdue cleanup has as much time as it had at `since`; one that is not due stays so."""
    due = rollout.ending.clean_after
    return rollout if due is None or due >= now else rollout.with_ending(clean_after=_later(due, since, now))


def _later(moment: datetime, since: datetime, now: datetime) -> datetime:
    return moment + (now - max(moment, since))
