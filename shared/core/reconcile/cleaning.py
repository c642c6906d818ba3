"""Cleanup after a rollout has ended: the leftover deployment is deleted when it is due, but never while it serves."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.core.observation.observation import EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.reconcile import autoscaling, running
from shared.core.reconcile.capacity import blue_is_small, kept_instances, too_small
from shared.core.reconcile.leftovers import (
    LATE,
    given_by_others,
    gone,
    leftover,
    own_mirror,
    why_left,
    with_message,
    with_size,
)
from shared.core.reconcile.replaced import made_by_others
from shared.core.reconcile.rereading import harm_uncompared, recheck, recheck_due
from shared.core.reconcile.serving import newly_healthy, seen_healthy
from shared.core.rollout import history
from shared.core.rollout.ending import TooSmall
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout

WATCH = timedelta(minutes=30)  # of the serving deployment, after a rollout that was not promoted
# In these phases, the traffic of any deployment with the leftover's name is still moved away, or reported as in use.
MOVED = frozenset({Phase.PROMOTED, Phase.ROLLED_BACK})
# With these reasons the leftover stays for now, because it may still be needed.
WAITS = frozenset(
    {
        ReasonCode.LEFTOVER_KEPT,
        ReasonCode.LEFTOVER_UNCHECKED,
        ReasonCode.BLUE_KEPT_GREEN_UNHEALTHY,
        ReasonCode.BLUE_KEPT_UNCHECKED,
        ReasonCode.BLUE_KEPT_UNCOMPARED,
    }
)


def may_delete(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> bool:
    """Return whether the leftover can be deleted: it is due, has no traffic, and another deployment serves."""
    name = leftover(rollout)
    if (
        name is None
        or rollout.ending.clean_after is None
        or now < rollout.ending.clean_after
        or name in endpoint.traffic
    ):
        return False
    promoted = rollout.phase is Phase.PROMOTED
    if promoted and rollout.hold is not None:
        return False
    if harm_uncompared(rollout):
        return False
    if (recheck_due(rollout) or running.is_foreign(rollout, name)) if promoted else made_by_others(rollout, endpoint):
        return False
    serving = endpoint.serving()
    if serving is not None and endpoint.ready(name) and not seen_healthy(rollout, serving, now):
        return False
    idle = serving is None and rollout.phase in {Phase.ROLLED_BACK, Phase.SUPERSEDED}  # nobody depends on this endpoint
    return name not in endpoint.mirror and (idle or endpoint.ready(serving))


def clean(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return the decision for a rollout that has ended but may have left something behind."""
    if rollout.ending.cleaned is not None:
        watched = now < (rollout.ending.clean_after or now) or rollout.ending.unhealthy is not None
        return Decision(rollout) if watched or rollout.kept else _over(rollout, endpoint, now)
    serves = rollout.phase is Phase.ROLLED_BACK or autoscaling.serves_again(rollout, endpoint)
    if (serves or rollout.phase is Phase.FAILED) and blue_is_small(rollout, endpoint):
        return _growing(rollout, endpoint, now)
    undone = autoscaling.restoring(rollout, endpoint, now) or _unmirrored(rollout, endpoint, now)
    if undone is not None:
        return undone
    name = leftover(rollout)
    if name is not None:
        return _cleaned(rollout, name, endpoint, now)
    if rollout.phase is not Phase.PROMOTED and rollout.placement is not None:
        return Decision(_watching(rollout, now))
    watched = rollout.only_watches and now < (rollout.ending.clean_after or now)  # as long as a blue would be kept
    watched = watched or rollout.ending.unhealthy is not None
    return Decision(rollout if watched else rollout.finish(now))


def _over(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return the finished rollout. Its last entry says what an operator must restore, if that is still necessary."""
    left = rollout.ending.too_small
    if left is None or endpoint.instances(rollout.blue) != left.instances or rollout.blue not in endpoint.traffic:
        return Decision(rollout.finish(now))
    return history.noted(rollout.finish(now), _small(rollout, left), now)


def _small(rollout: Rollout, left: TooSmall) -> Reason:
    return reason(
        ReasonCode.BLUE_LEFT_SCALED_DOWN,
        deployment=rollout.blue or "",
        instances=left.instances,
        wanted_instances=left.wanted,
    )


def _cleaned(rollout: Rollout, name: str, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return the decision while this leftover exists."""
    if name not in endpoint.deployments:
        return _gone(rollout, name, now)
    if (why := _needed(rollout, name, endpoint, now)) is not None:
        in_use = why.code is ReasonCode.LEFTOVER_IN_USE
        return history.noted(_watching(rollout, now), why, now) if in_use else _finished(rollout, why, now)
    due, kept = rollout.ending.clean_after or now, kept_instances(rollout)
    may = autoscaling.may_shrink(rollout, endpoint) and not rollout.ending.blue_scaled_down
    may = may and name not in endpoint.traffic and endpoint.deployments[name].state is Provisioning.SUCCEEDED
    serving = endpoint.serving() or ""
    if kept is not None and may and now < due and seen_healthy(rollout, serving, now):
        why = reason(ReasonCode.BLUE_KEPT, deployment=name, until=due.isoformat(), instances=kept)
        return history.noted(rollout.with_ending(blue_scaled_down=True), why, now)
    if rollout.phase is Phase.PROMOTED and now >= due and name in endpoint.traffic:
        taken = rollout.green not in endpoint.traffic  # all traffic is back on blue: `taken_back` rolls back
        kept_in_use = reason(ReasonCode.BLUE_KEPT_IN_USE, deployment=name)
        return Decision(rollout) if taken else _finished(rollout, kept_in_use, now)
    if harm_uncompared(rollout) or (_late(rollout, now) and not newly_healthy(rollout, now)):
        return _overdue(rollout, with_size(why_left(rollout, name, endpoint, now), rollout), endpoint, now)
    last_look = rollout.phase is Phase.PROMOTED and now >= due and recheck_due(rollout)
    return Decision(recheck(rollout) if last_look else rollout)


def _overdue(rollout: Rollout, why: Reason, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Report once that the leftover waits for the serving one to recover, or give up if that is not the obstacle.

    After the recovery, the deletion gets its full time again.
    """
    if why.code not in WAITS and rollout.ending.overdue and may_delete(rollout, endpoint, now):
        return Decision(rollout.with_ending(clean_after=now, overdue=False))
    if why.code not in WAITS:
        return _finished(rollout, why, now)
    return _waiting(rollout, why, now)


def _unmirrored(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Wait for the end of Teal's own mirror, which is ordered until it ends, and report once that it takes long."""
    why = own_mirror(rollout, endpoint)
    if why is None:
        return None
    return _waiting(rollout, why, now) if _late(rollout, now) else Decision(rollout)


def _late(rollout: Rollout, now: datetime) -> bool:
    """Return whether the cleanup has exceeded its time limit."""
    patience = rollout.policy.deadlines.rollback + rollout.later_than_configured
    return now - (rollout.ending.clean_after or now) > patience


def _waiting(rollout: Rollout, why: Reason, now: datetime) -> Decision:
    return Decision(rollout) if rollout.ending.overdue else history.noted(rollout.with_ending(overdue=True), why, now)


def _gone(rollout: Rollout, name: str, now: datetime) -> Decision:
    ordered = rollout.orders.created
    if rollout.phase is not Phase.PROMOTED and ordered is not None and now - ordered < LATE:  # it may still appear
        return Decision(rollout.with_orders(created=min(ordered, now)))  # a clock may have been set back since
    return _finished(rollout, gone(rollout, name), now)


def _needed(rollout: Rollout, name: str, endpoint: EndpointSeen, now: datetime) -> Reason | None:
    """Return why it is left to an operator: someone else made it, or it serves or, after a failure, may have to."""
    left = rollout.phase is Phase.FAILED or given_by_others(rollout, endpoint, now)
    if left and name in endpoint.traffic:
        return reason(ReasonCode.LEFTOVER_IN_USE, deployment=name, observed_traffic=dict(endpoint.traffic))
    promoted = rollout.phase is Phase.PROMOTED
    foreign = running.is_foreign(rollout, name) if promoted else made_by_others(rollout, endpoint)
    to_be_moved = name in endpoint.traffic and rollout.phase in MOVED
    if foreign and not to_be_moved:
        return with_size(reason(ReasonCode.LEFTOVER_REPLACED, deployment=name), rollout)
    if rollout.phase is not Phase.FAILED:
        return None
    if endpoint.serving() is None and endpoint.ready(name):
        return reason(ReasonCode.LEFTOVER_ONLY_ONE, deployment=name)
    return None if endpoint.ready(endpoint.serving()) else why_left(rollout, name, endpoint, now)


def _watching(rollout: Rollout, now: datetime) -> Rollout:
    """Return the rollout with only the serving deployment left to watch, at most for as long as a blue is kept."""
    return rollout.with_ending(cleaned=now, clean_after=now + min(rollout.policy.keep_blue, WATCH))


def _finished(rollout: Rollout, why: Reason, now: datetime) -> Decision:
    """Return the decision once the leftover is dealt with: only the watch remains, until blue's time is up."""
    watching = rollout.with_ending(cleaned=now) if rollout.phase is Phase.PROMOTED else _watching(rollout, now)
    over = now >= (watching.ending.clean_after or now) and watching.ending.unhealthy is None
    return history.noted(rollout.finish(now) if over else watching, why, now)


def _growing(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Wait for blue, which serves again, to get its instances back; report it if that takes too long, or has failed."""
    failed = rollout.phase is Phase.FAILED
    if not failed and now - (rollout.ending.clean_after or now) <= rollout.policy.deadlines.rollback:
        return Decision(rollout)
    left = too_small(rollout, endpoint)
    known = rollout.with_ending(blue_scaled_down=False, too_small=left)
    return history.noted(known, with_message(_small(rollout, left), rollout), now)
