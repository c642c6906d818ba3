"""What ended rollouts left on an endpoint: unpromoted greens, replaced blues, mirrors. Pure.

Whether an orphan is removed is the policy's choice. Even then, Teal removes only what it made itself and nobody has
used or changed since, a day after the history first reported it, and while the serving deployment is observed healthy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.observation import EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.reconcile import running
from shared.core.reconcile.actions import Action, DeleteDeployment, SetMirror
from shared.core.rollout import Rollout, history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.steps import MirrorStep

LEFT_BEHIND = frozenset({Phase.ROLLED_BACK, Phase.FAILED, Phase.SUPERSEDED})
AT_REST = frozenset({Provisioning.SUCCEEDED, Provisioning.FAILED, Provisioning.CANCELED})
NOTICE = timedelta(hours=20)  # from one nightly audit to the next, with some tolerance


@dataclass(frozen=True, slots=True)
class Orphan:
    """A deployment that an ended rollout should have deleted and nobody uses.

    rollout: the id of that rollout. mirrored: the percentage of requests copied to it.
    """

    deployment: str
    rollout: str
    phase: Phase
    mirrored: int


@dataclass(frozen=True, slots=True)
class Swept:
    """The consequences of what an ended rollout left behind: what to save, and then what to order."""

    decision: Decision
    actions: tuple[Action, ...] = ()


def orphans(rollouts: Iterable[Rollout], endpoint: EndpointSeen) -> tuple[Orphan, ...]:
    """Return what finished rollouts left deployed, without live traffic.

    rollouts: the endpoint's, newest first. Only the newest of each deployment counts: an older green may have been
    restarted. A promoted green is not an orphan until a newer one has been promoted in its place. Neither is a
    deployment with live traffic, since somebody gave it that traffic, nor one that an unfinished rollout needs as blue
    or keeps for a rollback.
    """
    known = list(rollouts)
    needed = {name for each in known if each.finished is None for name in (each.green, *_needed(each))}
    newest = {name: each for each in reversed(known) for name in (each.green, each.blue) if name}
    return tuple(
        Orphan(name, each.id, each.phase, endpoint.mirror.get(name, 0))
        for name, each in sorted(newest.items())
        if (name == _left(each) or _overtaken(name, each, known, endpoint))
        and name not in needed
        and name in endpoint.deployments
        and _unused(each, name, endpoint)
    )


def _needed(rollout: Rollout) -> tuple[str, ...]:
    """Return the deployments that a rollout did not create and still needs."""
    return (*([rollout.blue] if rollout.blue else []), *(kept.deployment for kept in rollout.kept))


def swept(rollout: Rollout, orphan: Orphan | None, endpoint: EndpointSeen, now: datetime, *, remove: bool) -> Swept:
    """Return what to do about the deployment that an ended rollout left. orphan: None if nothing is left.

    It is noted first, and removed after `NOTICE` if that is still allowed. remove: whether the policy says so and
    nothing else is in progress on the endpoint.
    """
    since = rollout.ending.orphan_since
    if orphan is None:
        return Swept(Decision(rollout.with_ending(orphan_since=None)))
    if since is None:
        why = reason(ReasonCode.ORPHAN_FOUND, deployment=orphan.deployment)
        if orphan.mirrored:
            why.facts["mirror"] = orphan.mirrored
        if remove and _removal(rollout, orphan, endpoint):
            why.facts["until"] = (now + NOTICE).isoformat()
        return Swept(history.noted(rollout.with_ending(orphan_since=now), why, now))
    action = _removal(rollout, orphan, endpoint) if remove and now - since >= NOTICE else None
    if action is None:
        return Swept(Decision(rollout))
    if isinstance(action, SetMirror):
        why = reason(ReasonCode.ORPHAN_MIRROR_ENDED, deployment=orphan.deployment, mirror=orphan.mirrored)
    else:
        why = reason(ReasonCode.ORPHAN_REMOVED, deployment=orphan.deployment)
    return Swept(history.noted(rollout, why, now), (action,))


def _left(rollout: Rollout) -> str | None:
    """Return the deployment that a finished rollout should have deleted. A rollout that was never placed made none."""
    if rollout.finished is None:
        return None
    if rollout.phase is Phase.PROMOTED:
        return None if running.is_foreign(rollout, rollout.blue or "") else rollout.blue
    return rollout.green if rollout.phase in LEFT_BEHIND and rollout.placement is not None else None


def _overtaken(name: str, rollout: Rollout, known: Iterable[Rollout], endpoint: EndpointSeen) -> bool:
    """Return whether this green was promoted, and another green that has traffic was promoted later."""
    newer = (each for each in known if each.created > rollout.created and each.green in endpoint.traffic)
    return name == rollout.green and _promoted(rollout) and any(map(_promoted, newer))


def _promoted(rollout: Rollout) -> bool:
    return rollout.phase is Phase.PROMOTED and rollout.finished is not None


def _unused(rollout: Rollout, name: str, endpoint: EndpointSeen) -> bool:
    """Return whether it has no live traffic and was not kept on purpose. A mirror to green is never on purpose."""
    if name != rollout.green:
        return name not in endpoint.traffic and name not in endpoint.mirror  # a mirror to blue is an operator's
    kept = rollout.phase is Phase.ROLLED_BACK and rollout.policy.on_rollback == "keep"
    return not endpoint.traffic.get(name) and (not kept or name in endpoint.mirror)


def _removal(rollout: Rollout, orphan: Orphan, endpoint: EndpointSeen) -> Action | None:
    """Return the order that removes the orphan, its mirror first; None if it must stay."""
    if (
        _refused(rollout)
        or endpoint.busy
        or not endpoint.ready(endpoint.serving())
        or not _ours(rollout, orphan.deployment, endpoint)
    ):
        return None
    if not orphan.mirrored:
        return DeleteDeployment(rollout.endpoint.name, orphan.deployment)
    ours = {step.percent for step in rollout.policy.steps if isinstance(step, MirrorStep)}
    if not rollout.orders.mirror or orphan.mirrored not in ours:
        return None  # somebody else's mirror
    return SetMirror(rollout.endpoint.name, endpoint.mirror_without([orphan.deployment]))


def _refused(rollout: Rollout) -> bool:
    """Return whether Azure has refused to remove the orphan since it was noted; it is tried only once."""
    since, refusal = rollout.ending.orphan_since, rollout.refusal
    return since is not None and refusal is not None and refusal.at >= since


def _ours(rollout: Rollout, name: str, endpoint: EndpointSeen) -> bool:
    """Return whether Teal made the deployment, wanted to delete it, and Azure shows no change since."""
    seen, finished = endpoint.deployments[name], rollout.finished
    unchanged = seen.modified is not None and finished is not None and seen.modified <= finished
    return seen.by_teal and _should_be_deleted(rollout, name, seen.model) and unchanged and seen.state in AT_REST


def _should_be_deleted(rollout: Rollout, name: str, model: str) -> bool:
    """Return whether this is the green that the rollout made and did not promote, or a blue whose deletion it ordered.

    A blue without such an order remains because the serving deployment was not observed healthy. A promoted green that
    was never a blue remains because an operator set it aside.
    """
    if name != rollout.green or rollout.phase is Phase.PROMOTED:
        return name in rollout.orders.deleted
    return rollout.orders.created is not None and rollout.model.named_by(model)
