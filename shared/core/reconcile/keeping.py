"""A kept blue outlives its rollout: the next rollout inherits it, and deletes it when its time is up.

A promoted rollout keeps blue for the policy's `keep_blue`. A newer version need not wait that long: its rollout begins,
and takes over the kept deployment with its remaining time. The kept deployment is deleted early only if the newer green
is itself promoted and its own blue can take the traffic back, or if the endpoint has no room for another deployment.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.judge.incident import MOST_UNKNOWN
from shared.core.observation.observation import EndpointSeen, Provisioning
from shared.core.observation.spans import MINUTE
from shared.core.phases import TERMINAL, Phase
from shared.core.reconcile import regrowing, running
from shared.core.reconcile.autoscaling import SUSPENDED
from shared.core.reconcile.capacity import kept_instances
from shared.core.reconcile.external_edits import unsettled
from shared.core.reconcile.incidents import blue_fails
from shared.core.reconcile.leftovers import gone, not_deleted
from shared.core.reconcile.probing import RECENT, requests_seen_lately
from shared.core.reconcile.rereading import recheck, recheck_due
from shared.core.reconcile.serving import must_be_seen, newly_healthy, seen_healthy
from shared.core.rollout import history
from shared.core.rollout.ending import Kept
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.rollout.refusal import ActionKind

# A rollback only moves traffic, and a waiting rollout has inherited nothing yet.
DELETES = TERMINAL | {Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING}


def hand_over(decision: Decision, waiting: Rollout | None, endpoint: EndpointSeen | None, now: datetime) -> Decision:
    """Return the decision, but end a rollout that only keeps deployments if another one waits for the endpoint.

    Before that, everything that was judged is read again, and blue is scaled down as the policy says, unless this takes
    too long. If someone has just moved the traffic, that is settled first: it may be a request to roll back.
    """
    rollout = decision.rollout
    if waiting is None or endpoint is None or not _ended(rollout) or unsettled(rollout, now):
        return decision
    due = rollout.ending.clean_after
    kept = due is not None and (due > now or rollout.ending.overdue)
    if rollout.ending.cleaned is None and rollout.phase is Phase.PROMOTED and rollout.blue and due and kept:
        patient = now - max(waiting.created, rollout.status.since) <= rollout.policy.deadlines.rollback
        if patient and recheck_due(rollout):
            return replace(decision, rollout=recheck(rollout))
        if patient and _shrinking(rollout, endpoint):
            return decision
        needed = now + rollout.policy.keep_blue if rollout.ending.overdue else due  # it waits because it may be needed
        until = max(due, needed)
        given = replace(rollout, kept=(*rollout.kept, _kept(rollout, rollout.blue, until))).with_ending(finished=now)
        why = reason(
            ReasonCode.BLUE_HANDED_OVER, deployment=rollout.blue, until=until.isoformat(), model=str(waiting.model)
        )
        noted = history.noted(given, why, now)
        return Decision(noted.rollout, decision.entries + noted.entries)
    done = rollout.ending.cleaned or rollout.ending.overdue or (rollout.only_watches and not rollout.kept)
    return replace(decision, rollout=rollout.with_ending(finished=now)) if done else decision


def settle(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Decide on the first kept deployment that is gone, in use, or could not be deleted; None if there is none."""
    for kept in rollout.kept:
        why = _settled(rollout, kept, endpoint, now)
        if why is not None:
            rest = tuple(other for other in rollout.kept if other is not kept)
            refused = rollout.refusal is not None and rollout.refusal.deployment == kept.deployment
            left = replace(rollout, kept=rest, refusal=None if refused else rollout.refusal)
            return history.noted(left, why, now)
    return None


def make_room(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Release the oldest kept deployment early if the endpoint has no room for green; None without an idle one."""
    idle = [
        kept for kept in rollout.kept if not _used(rollout, kept, endpoint) and kept.deployment in endpoint.deployments
    ]
    if not idle:
        return None
    if rollout.hold is not None or any(kept.until <= now for kept in idle):
        return Decision(rollout)  # about to be deleted, or as soon as the hold ends
    first = min(idle, key=lambda kept: kept.until)
    rest = tuple(replace(kept, until=now) if kept is first else kept for kept in rollout.kept)
    why = reason(ReasonCode.BLUE_RELEASED_EARLY, deployment=first.deployment, deployments=len(endpoint.deployments))
    return history.noted(replace(rollout, kept=rest), why, now)


def expired(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[str, ...]:
    """Return the kept deployments to delete now: their time is up, they are idle, and the serving one is healthy."""
    just_ended = rollout.phase in TERMINAL and rollout.status.since == now  # a halt or freeze is checked next
    if rollout.hold is not None or rollout.phase not in DELETES or just_ended:
        return ()
    if endpoint.busy or not _serving_proven(rollout, endpoint, now):
        return ()
    return tuple(
        kept.deployment
        for kept in rollout.kept
        if now >= due(rollout, kept, endpoint)
        and not _used(rollout, kept, endpoint)
        and not running.is_foreign(rollout, kept.deployment)
        and kept.deployment in endpoint.deployments
        and endpoint.deployments[kept.deployment].state is not Provisioning.DELETING
    )


def due(rollout: Rollout, kept: Kept, endpoint: EndpointSeen) -> datetime:
    """Return when a kept deployment can be deleted: when its time is up, or when it is no longer needed.

    It is no longer needed once the newer green is promoted, unless that rollout's own blue is broken: then only the
    kept deployment can take the traffic back.
    """
    needed = rollout.phase is not Phase.PROMOTED or _blue_broken(rollout, endpoint)
    return kept.until if needed else min(kept.until, rollout.status.since)


def _blue_broken(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether a blue that is still kept cannot take the traffic back, for example because it failed last."""
    if rollout.blue is None:
        return False
    if endpoint.ready(rollout.blue):
        return blue_fails(rollout)
    return rollout.blue in endpoint.deployments or rollout.blue not in rollout.orders.deleted


def _serving_proven(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> bool:
    """Return whether the serving deployment was observed healthy: by watching it, or by judging green next to blue."""
    serving = endpoint.serving()
    if serving is None or not endpoint.ready(serving):
        return False
    if must_be_seen(rollout):
        return seen_healthy(rollout, serving, now)
    # An incident is a hold, which an override lifts without making anything healthy: then wait for the rollout's end.
    calm = rollout.hold is None and not rollout.suspicious and not rollout.judge_overruled
    healthy = all(_judged_healthy(rollout, name) for name in endpoint.traffic)
    return calm and healthy and requests_seen_lately(rollout, now)


def _judged_healthy(rollout: Rollout, name: str) -> bool:
    """Return whether the last judged minutes have requests to this deployment, and few of them failed.

    The limit does not depend on blue's past, which may contain the same failures.
    """
    green, until = name == rollout.green, rollout.judging.judged_until
    shown = (until - running.since(rollout, name)) // MINUTE if until is not None else 0  # of what it runs now
    recent = rollout.rereading.recent[-min(shown, RECENT // MINUTE) :] if shown > 0 else ()
    total = sum(minute.green if green else minute.blue for minute in recent)
    bad = sum(minute.green_bad if green else minute.blue_bad for minute in recent)
    return name in {rollout.blue, rollout.green} and total > 0 and bad <= MOST_UNKNOWN * total


def _settled(rollout: Rollout, kept: Kept, endpoint: EndpointSeen, now: datetime) -> Reason | None:
    """Return why nothing is left to do about a kept deployment, or None."""
    name = kept.deployment
    if name not in endpoint.deployments:
        return gone(rollout, name)
    small = kept.scaled_down_from is not None and name in endpoint.traffic
    in_use = small or (now >= due(rollout, kept, endpoint) and _used(rollout, kept, endpoint))
    again = name == rollout.green
    if regrowing.awaited(rollout, kept, endpoint, now) or (again and rollout.open):
        return None  # it is being rolled out again, and is kept as promised if it is rolled back
    if in_use and name in endpoint.mirror and name not in {rollout.blue, rollout.green}:
        why: Reason | None = not_deleted(rollout, name, endpoint)
    elif in_use or name == rollout.blue or (again and rollout.phase is Phase.PROMOTED):
        why = reason(ReasonCode.BLUE_KEPT_IN_USE, deployment=name)
    elif running.is_foreign(rollout, name):
        why = reason(ReasonCode.LEFTOVER_REPLACED, deployment=name)
    else:
        why = _undeletable(rollout, kept, endpoint, now)
    if why is not None and kept.scaled_down_from is not None and regrowing.lacking(kept, endpoint):
        why.facts["wanted_instances"] = kept.scaled_down_from
    return why


def _undeletable(rollout: Rollout, kept: Kept, endpoint: EndpointSeen, now: datetime) -> Reason | None:
    """Return why an operator must deal with a kept deployment, or None."""
    name, refusal = kept.deployment, rollout.refusal
    if refusal is not None and (refusal.action, refusal.deployment) == (ActionKind.DELETE_DEPLOYMENT, name):
        return reason(ReasonCode.LEFTOVER_NOT_DELETED, deployment=name, message=refusal.message)
    waits = now - max(kept.until, rollout.status.since) <= rollout.policy.deadlines.rollback or newly_healthy(
        rollout, now
    )
    if rollout.open or rollout.hold is not None or waits:
        return None
    serving = endpoint.serving()
    if serving is None or _serving_proven(rollout, endpoint, now):
        return reason(ReasonCode.LEFTOVER_NOT_DELETED, deployment=name)
    return reason(ReasonCode.LEFTOVER_KEPT, deployment=name, other=serving)


def _kept(rollout: Rollout, blue: str, until: datetime) -> Kept:
    suspended = rollout.ending.autoscale in SUSPENDED
    smaller = suspended or rollout.ending.blue_scaled_down
    return Kept(blue, until, rollout.blue_instances if smaller else None, suspended)


def _used(rollout: Rollout, kept: Kept, endpoint: EndpointSeen) -> bool:
    """Return whether a kept deployment gets requests, or this rollout depends on it."""
    name, depends = kept.deployment, rollout.open or rollout.phase is Phase.PROMOTED
    ours = name == rollout.blue or (name == rollout.green and depends)
    return name in endpoint.traffic or name in endpoint.mirror or ours


def _ended(rollout: Rollout) -> bool:
    """Return whether the rollout has ended but is not finished, and no operator waits for an answer."""
    return rollout.phase in TERMINAL and rollout.finished is None and not rollout.requests


def _shrinking(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether blue is still to be scaled down: not on hold, and not if someone else chose its size."""
    wanted, shown = kept_instances(rollout), endpoint.instances(rollout.blue)
    ours = rollout.ending.blue_size == "ordered" and rollout.hold is None
    return ours and wanted is not None and shown is not None and shown > wanted
