"""Time that counts towards no deadline: time on hold, and time that was not observed.

Deadlines and patience count from moments on the record, so these moments are moved forward by such time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.phases import Phase
from shared.core.rollout.record import Rollout


def postponed(rollout: Rollout, since: datetime, now: datetime) -> Rollout:
    """Return the rollout with the time from `since` to `now` not counted; what began during it begins now."""
    progress = rollout.progress.since
    waits = _reading_postponed(_order_postponed(rollout, since, now), since, now)
    return replace(
        waits.with_progress(since=progress and _later(progress, since, now)),
        status=replace(
            rollout.status,
            started=_later(rollout.status.started, since, now),
            since=_later(rollout.status.since, since, now),
        ),
    )


def cleanup_postponed(rollout: Rollout, since: datetime, now: datetime) -> Rollout:
    """Return the rollout with as much time left for an overdue cleanup as at `since`; one not due keeps its time."""
    due, waits = rollout.ending.clean_after, _order_postponed(rollout, since, now)
    return waits if due is None or due >= now else waits.with_ending(clean_after=_later(due, since, now))


def kept_postponed(rollout: Rollout, since: datetime, now: datetime) -> Rollout:
    """Return the rollout with each kept deployment whose time ended on hold due now; the others keep their time."""
    kept = tuple(replace(each, until=_if_due(each.until, since, now)) for each in rollout.kept)
    due = rollout.ending.clean_after if rollout.phase is Phase.PROMOTED else None
    rollout = rollout if due is None else rollout.with_ending(clean_after=_if_due(due, since, now))
    return replace(rollout, kept=kept)


def _reading_postponed(rollout: Rollout, since: datetime, now: datetime) -> Rollout:
    """Return the rollout with the last reading before green's traffic treated as if it had been made later."""
    logged, incomplete = rollout.judging.newest_logged, rollout.judging.history_incomplete_since
    if rollout.judging.telemetry_seen is None and logged is not None:
        logged = _later(logged, since, now)
    return rollout.with_judging(
        newest_logged=logged, history_incomplete_since=incomplete and _later(incomplete, since, now)
    )


def _order_postponed(rollout: Rollout, since: datetime, now: datetime) -> Rollout:
    """Return the rollout with as much time left to wait for a green that was ordered and may still appear."""
    ordered = rollout.orders.created
    return rollout.with_orders(created=ordered and _later(ordered, since, now))


def _if_due(moment: datetime, since: datetime, now: datetime) -> datetime:
    return moment if moment >= now else _later(moment, since, now)


def _later(moment: datetime, since: datetime, now: datetime) -> datetime:
    return moment + (now - max(moment, since))
