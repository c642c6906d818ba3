"""What ended rollouts left on an endpoint: their greens, and mirrors to them. Pure.

Whether an orphan is removed is the policy's choice. Even then, only what Teal itself made and nobody has used or
changed since is removed, a day after the history first said so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.observation import EndpointSeen, Provisioning
from shared.core.phases import Phase
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
    """A deployment that an ended rollout made and nobody uses. mirrored: the percentage of requests copied to it."""

    deployment: str
    rollout: str
    phase: Phase
    mirrored: int


@dataclass(frozen=True, slots=True)
class Swept:
    """What follows from observing what an ended rollout left behind: what to save, and then what to order."""

    decision: Decision
    actions: tuple[Action, ...] = ()


def orphans(rollouts: Iterable[Rollout], endpoint: EndpointSeen) -> tuple[Orphan, ...]:
    """Return the greens of finished rollouts that are still deployed, without live traffic.

    rollouts: the endpoint's, newest first. Only the newest of each green counts: an older one may have been restarted.
    A promoted green is not one, and neither is a green that gets live traffic: somebody gave it that. Nor is one that
    an unfinished rollout needs as blue or keeps as a way back.
    """
    newest = {each.green: each for each in reversed(list(rollouts))}
    needed = {name for each in newest.values() if each.finished is None for name in _needed(each)}
    return tuple(
        Orphan(green, each.id, each.phase, endpoint.mirror.get(green, 0))
        for green, each in sorted(newest.items())
        if green not in needed and _left_behind(each) and green in endpoint.deployments and _unused(each, endpoint)
    )


def _needed(rollout: Rollout) -> tuple[str, ...]:
    """Return the deployments that a rollout did not create and still needs."""
    return (*([rollout.blue] if rollout.blue else []), *(kept.deployment for kept in rollout.kept))


def swept(rollout: Rollout, endpoint: EndpointSeen, now: datetime, *, remove: bool) -> Swept:
    """Return what follows from an ended rollout whose green is still deployed.

    The first time it is noted; after `NOTICE` it is removed, if it still may be. remove: whether the policy says so and
    nothing else goes on at the endpoint.
    """
    found = orphans((rollout,), endpoint)
    since = rollout.ending.orphan_since
    if not found:
        return Swept(Decision(rollout.with_ending(orphan_since=None)))
    (orphan,) = found
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


def _left_behind(rollout: Rollout) -> bool:
    """Return whether the rollout has finished and made a deployment; before it was placed, it had made none."""
    return rollout.finished is not None and rollout.phase in LEFT_BEHIND and rollout.placement is not None


def _unused(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether the green has no live traffic and was not kept on purpose. A mirror to it never is on purpose."""
    kept = rollout.phase is Phase.ROLLED_BACK and rollout.policy.on_rollback == "keep"
    return not endpoint.traffic.get(rollout.green) and (not kept or rollout.green in endpoint.mirror)


def _removal(rollout: Rollout, orphan: Orphan, endpoint: EndpointSeen) -> Action | None:
    """Return the order that removes the orphan, its mirror first; None if it must stay."""
    if (
        _refused(rollout)
        or endpoint.busy
        or not endpoint.ready(endpoint.serving())
        or not _untouched(rollout, endpoint)
    ):
        return None
    if not orphan.mirrored:
        return DeleteDeployment(rollout.endpoint.name, orphan.deployment)
    ours = {step.percent for step in rollout.policy.steps if isinstance(step, MirrorStep)}
    if not rollout.orders.mirror or orphan.mirrored not in ours:
        return None  # somebody else's mirror
    others = {name: share for name, share in endpoint.mirror.items() if name != orphan.deployment}
    return SetMirror(rollout.endpoint.name, others)


def _refused(rollout: Rollout) -> bool:
    """Return whether Azure has refused to remove the orphan since it was noted; it is tried only once."""
    since, refusal = rollout.ending.orphan_since, rollout.refusal
    return since is not None and refusal is not None and refusal.at >= since


def _untouched(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether the deployment is the one that this rollout made, and Azure shows no change since it finished."""
    seen, finished = endpoint.deployments[rollout.green], rollout.finished
    made = rollout.orders.created is not None and seen.by_teal and rollout.model.named_by(seen.model)
    unchanged = seen.modified is not None and finished is not None and seen.modified <= finished
    return made and unchanged and seen.state in AT_REST
