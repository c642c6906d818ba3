"""Watches the serving deployment after every rollout; nothing that works is deleted before it is seen healthy.

`serving_health` says what its requests show. If none of them succeeded in the last minutes, if there were none, or if
the log cannot be read, it must answer the smoke requests. Without those, silence proves nothing, and an operator
decides. A few requests can succeed by chance, so they must do so for ten minutes before anything is deleted.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.core.observation.observation import DeploymentMinute, EndpointSeen, Observation
from shared.core.observation.spans import ceil_minute, floor_minute
from shared.core.phases import TERMINAL, Phase
from shared.core.reconcile import running
from shared.core.reconcile.probing import can_probe
from shared.core.reconcile.rereading import with_longer_lag
from shared.core.reconcile.serving_health import LAST, LOOK_BACK, ServingHealth, latest, shown_by, surely_bad_until
from shared.core.rollout import history
from shared.core.rollout.ending import SeenHealthy
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.telemetry import Window

# How recently the serving deployment must have been seen healthy before its replacement is deleted.
RECENT = timedelta(minutes=10)


def serving_window(rollout: Rollout, now: datetime) -> Window | None:
    """Return the minutes in which to watch the serving deployment; None if there are none yet or none are needed.

    While blue is merely kept, or nothing is left to delete, every fifth minute is enough.
    """
    waits = _next_deletion(rollout, now) - now > RECENT and now.minute % 5 != 0
    if not must_be_seen(rollout) or waits:
        return None
    settled = floor_minute(now - rollout.telemetry_lag)
    since = max(_began(rollout, settled), settled - LOOK_BACK)
    return Window(since, settled) if since < settled else None


def must_be_seen(rollout: Rollout) -> bool:
    """Return whether something may be deleted although nothing is judged: what an ended rollout made or inherited.

    A rollout that is being provisioned may also delete what it inherited.
    """
    if rollout.phase is Phase.PROVISIONING:
        return bool(rollout.kept)
    return rollout.phase in TERMINAL and (rollout.placement is not None or bool(rollout.kept))


def _next_deletion(rollout: Rollout, now: datetime) -> datetime:
    """Return when the next deployment may be deleted. After a promotion, inherited ones may be deleted at once."""
    if rollout.kept and rollout.phase is Phase.PROMOTED:
        return now
    own = () if rollout.ending.cleaned is not None else (rollout.ending.clean_after or now,)
    return min((*own, *(kept.until for kept in rollout.kept)), default=now + 2 * RECENT)


def _began(rollout: Rollout, settled: datetime) -> datetime:
    """Return when the minutes that count begin: at the rollout's end, if the deployment had less traffic before it."""
    return settled - LOOK_BACK if rollout.rereading.began is None else ceil_minute(rollout.status.since)


def record_observation(rollout: Rollout, observation: Observation, now: datetime) -> Rollout:
    """Return the rollout with the serving deployment's health in the last minutes."""
    unread = observation.serving_minutes is None
    if (unread and observation.serving_probe is None) or observation.endpoint is None or not must_be_seen(rollout):
        return rollout  # nothing was observed, or the minutes are for others
    name = observation.endpoint.serving()
    rollout, since = _watching(rollout, name or "", now), running.since(rollout, name)
    rows = [row for row in observation.serving_minutes or () if row.deployment == name and row.minute >= since]
    newest, watched = max((row.minute for row in rows), default=None), rollout.ending.watched_until
    if newest is not None and watched is not None and newest < watched:
        return rollout  # a clock was set back, or the lag was raised: these minutes say nothing new
    after = _with_bad(
        rollout.with_ending(watched_until=newest or watched), rows, watched, observation.serving_until, now
    )
    newly_bad = after.ending.bad_until != rollout.ending.bad_until
    health = ServingHealth.UNHEALTHY if newly_bad else _health(after, name or "", rows, observation)
    if unread and rollout.ending.unhealthy == name and health is not ServingHealth.UNHEALTHY:
        return after  # the log that showed it failing may still show that
    return _with_health(after, name or "", health, now)


def _watching(rollout: Rollout, name: str, now: datetime) -> Rollout:
    """Return the rollout, which now watches the serving deployment. What that did before it served does not count."""
    before = rollout.ending.watched
    if before == name:
        return rollout
    return rollout.with_ending(watched=name, watched_until=None, bad_until=now if before else rollout.ending.bad_until)


def _with_health(rollout: Rollout, name: str, health: ServingHealth, now: datetime) -> Rollout:
    if health is ServingHealth.UNCLEAR:
        return rollout
    if health is ServingHealth.UNHEALTHY:
        return rollout.with_ending(seen_healthy=None, unhealthy=name)
    seen = _lasting(rollout.ending.seen_healthy, name, now, enough=health is ServingHealth.PROVEN)
    return rollout.with_ending(seen_healthy=seen, unhealthy=None if seen.proven else rollout.ending.unhealthy)


def _with_bad(
    rollout: Rollout,
    rows: list[DeploymentMinute],
    watched: datetime | None,
    until: datetime | None,
    now: datetime,
) -> Rollout:
    """Return the rollout with the newest bad minute; with a longer lag if minutes that were read before turned bad.

    Without the longer lag, the newest minutes would always look good if failures arrive later than other requests.
    watched: the newest minute that was read before; until: the end of what was read now.
    """
    bad = _newly_bad(rollout, rows, until)
    if bad is None:
        return rollout
    late = _newly_bad(rollout, [row for row in rows if watched is not None and row.minute <= watched], until)
    rollout = rollout.with_ending(bad_until=bad)
    # The minutes after it have yet to be read with the longer lag.
    return rollout if late is None else with_longer_lag(rollout, now - late + LAST).with_ending(watched_until=late)


def _newly_bad(rollout: Rollout, rows: list[DeploymentMinute], until: datetime | None) -> datetime | None:
    """Return the newest minute that ends five bad ones, if it is after the rollout and no earlier reading showed it.

    All five must be within the hour that is read: some of them may look bad without the others.
    """
    bad = surely_bad_until(rows, rollout.alarms, slow_too=_slow_too(rollout))
    if bad is None or until is None:
        return None
    known = rollout.ending.bad_until or rollout.status.since
    return bad if bad > max(known, rollout.status.since, until - LOOK_BACK + LAST) else None


def _lasting(before: SeenHealthy | None, name: str, now: datetime, *, enough: bool) -> SeenHealthy:
    """Return the healthy period that this observation continues or, after a gap, begins."""
    if before is None or before.deployment != name or not timedelta(0) <= now - before.at <= RECENT:
        return SeenHealthy(name, now, now, enough)
    return SeenHealthy(name, before.since, now, enough or before.proven or now - before.since >= RECENT)


def seen_healthy(rollout: Rollout, serving: str, now: datetime) -> bool:
    """Return whether this serving deployment was recently seen healthy; true if that is not required."""
    if not must_be_seen(rollout):
        return True
    seen = rollout.ending.seen_healthy
    if seen is None or not seen.proven or seen.deployment != serving:
        return False
    return abs(now - seen.at) <= RECENT  # clocks can be set back


def healthy_at_once(rollout: Rollout, observation: Observation) -> bool:
    """Return whether a single observation proves that the serving deployment is healthy: a few requests alone do not.

    Nor do any requests after bad ones: later failures may not have arrived yet.
    """
    name = observation.endpoint.serving() if observation.endpoint else None
    rows = [row for row in observation.serving_minutes or () if row.deployment == name]
    if surely_bad_until(rows, rollout.alarms, slow_too=_slow_too(rollout)) is not None:
        return False
    health = _health(rollout, name or "", rows, observation)
    probed = observation.serving_probe is not None and observation.serving_probe.passed
    return health is ServingHealth.PROVEN or (probed and health is ServingHealth.GOOD)


def newly_healthy(rollout: Rollout, now: datetime) -> bool:
    """Return whether the serving deployment recovered so recently that it may still be proven healthy."""
    seen = rollout.ending.seen_healthy
    return must_be_seen(rollout) and seen is not None and now - seen.at <= RECENT and now - seen.since <= RECENT + LAST


def report(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Report, once each, that the serving deployment fails and that it has recovered.

    A rollback also reports a blue that it cannot return to; that one has not recovered while Azure calls it failed. If
    another deployment serves and is healthy in the end, blue has not recovered, but it is no longer the serving one.
    """
    unhealthy, reported, seen = rollout.ending.unhealthy, rollout.ending.unhealthy_reported, rollout.ending.seen_healthy
    if unhealthy == reported or rollout.open or not must_be_seen(rollout):
        return None
    known = rollout.with_ending(unhealthy_reported=unhealthy)
    if unhealthy is not None:
        return history.noted(known, reason(ReasonCode.SERVING_UNHEALTHY, deployment=unhealthy), now)
    if seen is None or not seen.proven or seen.at < rollout.status.since or endpoint.broken(seen.deployment):
        return None
    if seen.deployment != reported:
        return Decision(known)
    return history.noted(known, reason(ReasonCode.SERVING_HEALTHY, deployment=seen.deployment), now)


def _health(rollout: Rollout, name: str, rows: list[DeploymentMinute], observation: Observation) -> ServingHealth:
    """Return what requests, or the smoke requests if there are none, show of this deployment."""
    slow_too = _slow_too(rollout)
    last, probe = latest(rows, observation.serving_until), observation.serving_probe
    if any(row.succeeded > 0 for row in last):
        unhealthy = rollout.ending.unhealthy == name
        only = not can_probe(rollout)
        return shown_by(rows, rollout.alarms, slow_too=slow_too, unhealthy=unhealthy, only=only)
    failed = last and shown_by(last, rollout.alarms, slow_too=slow_too, unhealthy=False) is ServingHealth.UNHEALTHY
    if failed or (probe is not None and not probe.passed):
        return ServingHealth.UNHEALTHY
    return ServingHealth.UNCLEAR if probe is None else ServingHealth.GOOD


def _slow_too(rollout: Rollout) -> bool:
    """Return whether slow answers count.

    They count only against a promoted green, for which blue is kept in case of a rollback. After a rollback, a blue
    that has become slow is all there is, and an operator who overruled the judge has usually accepted a slower green.
    """
    return rollout.phase is Phase.PROMOTED and not rollout.judge_overruled
