"""After the end: what is left over is deleted when its time has come. It must never delete what serves."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from shared.core.observation.observation import EndpointSeen
from shared.core.phases import Phase
from shared.core.reconcile.capacity import blue_is_small
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.record import Rollout

LATE = timedelta(minutes=5)


def leftover(rollout: Rollout) -> str | None:
    """Return the deployment that an ended rollout leaves behind: blue once promoted, green once rolled back.

    Before the rollout was placed green was not made: a deployment of that name is someone else's.
    """
    if rollout.phase is Phase.PROMOTED:
        return rollout.blue
    if rollout.phase is Phase.ROLLED_BACK and rollout.placed and rollout.policy.on_rollback == "delete":
        return rollout.green
    return None


def may_delete(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> bool:
    """Say whether the leftover may go now: its time has come, it has no traffic, and another deployment serves."""
    name = leftover(rollout)
    if name is None or rollout.clean_after is None or now < rollout.clean_after or name in endpoint.traffic:
        return False
    serving = endpoint.serving()
    return name not in endpoint.mirror and (rollout.phase is Phase.ROLLED_BACK or endpoint.ready(serving))


def kept_instances(rollout: Rollout) -> int | None:
    """Return to how many instances blue is scaled down while it is kept after promotion; None: not at all."""
    if rollout.phase is not Phase.PROMOTED or rollout.blue is None:
        return None
    wanted = rollout.policy.capacity.kept
    return wanted if wanted is not None and wanted < (rollout.blue_instances or 0) else None


def clean(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return what follows for a rollout that has ended but may have left something behind."""
    if rollout.phase is Phase.ROLLED_BACK and blue_is_small(rollout, endpoint):
        return _growing(rollout, endpoint, now)
    name = leftover(rollout)
    return Decision(replace(rollout, finished=now)) if name is None else _cleaned(rollout, name, endpoint, now)


def _cleaned(rollout: Rollout, name: str, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return what follows while this deployment is left over."""
    if name not in endpoint.deployments and _may_yet_come(rollout, now):
        return Decision(rollout)
    if name not in endpoint.deployments:
        return history.noted(replace(rollout, finished=now), f"{name} is gone: nothing is left to clean up", now)
    due = rollout.clean_after or now
    if kept_instances(rollout) is not None and not rollout.shrunk and now < due:
        words = f"{name} is kept until {due:%Y-%m-%d %H:%M} UTC, scaled down to {kept_instances(rollout)}"
        return history.noted(replace(rollout, shrunk=True), words, now)
    if rollout.phase is Phase.PROMOTED and now >= due and name in endpoint.traffic:
        return history.noted(replace(rollout, finished=now), f"{name} is kept: someone gave it live traffic", now)
    if now - due > rollout.policy.deadlines.rollback:
        return history.noted(replace(rollout, finished=now), _left_over(rollout, name, endpoint), now)
    return Decision(rollout)


def _may_yet_come(rollout: Rollout, now: datetime) -> bool:
    """Say whether green, taken back before it was ever seen ready, may still come of an order that Azure shows late."""
    unready = rollout.phase is Phase.ROLLED_BACK and rollout.step_since is None
    return unready and now - (rollout.clean_after or now) < LATE


def _growing(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Wait for blue, which serves again, to have its instances back; it is a person's when that takes too long."""
    if now - (rollout.clean_after or now) <= rollout.policy.deadlines.rollback:
        return Decision(rollout)
    words = f"{rollout.blue} serves with {endpoint.instances(rollout.blue)} of {rollout.blue_instances} instances"
    why = f" (Azure says: {rollout.refusal.message})" if rollout.refusal else ""
    return history.noted(replace(rollout, shrunk=False), f"{words} and could not be scaled: scale it by hand{why}", now)


def _left_over(rollout: Rollout, name: str, endpoint: EndpointSeen) -> str:
    """Say why the leftover still stands; nobody is told to delete the last deployment that is healthy."""
    serving = endpoint.serving()
    if rollout.phase is Phase.PROMOTED and not endpoint.ready(serving):
        return f"{name} is kept: {serving or 'nothing'} serves and is not healthy. A person is needed"
    why = f" (Azure says: {rollout.refusal.message})" if rollout.refusal else ""
    return f"{name} could not be deleted and still costs money: delete it by hand{why}"
