"""Time that counts towards no deadline: time on hold, and time that was not observed.

Deadlines and patience count from moments on the record, so these moments are moved forward by such time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.rollout.record import Rollout


def postponed(rollout: Rollout, since: datetime, now: datetime) -> Rollout:
    """Return the rollout with the time from `since` to `now` not counted; what began during it begins now."""
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
    """Return the rollout with as much time left for an overdue cleanup as at `since`; one not due is unchanged."""
    due = rollout.ending.clean_after
    return rollout if due is None or due >= now else rollout.with_ending(clean_after=_later(due, since, now))


def _later(moment: datetime, since: datetime, now: datetime) -> datetime:
    return moment + (now - max(moment, since))
