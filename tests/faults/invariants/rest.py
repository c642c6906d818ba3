"""Invariants of a world at rest: after some quiet minutes without faults, nothing hangs or is left over."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from shared.core.phases import TERMINAL, Phase
from shared.core.reconcile.actions import SetMirror, SetTraffic
from shared.core.rollout import Rollout, Verb
from shared.core.rollout.reasons import ReasonCode
from tests.faults.ledger import Order, rollouts
from tests.faults.stage import Stage
from tests.scenarios.world import CHURN, ENDPOINT, MIDNIGHT, MINUTE

HIDDEN = 3 * MINUTE  # how long an old reading can hide an edit at the end of a rollback

# Reasons that ask an operator to take care of something.
HANDED_OVER = frozenset(
    {
        ReasonCode.LEFTOVER_MIRRORED,
        ReasonCode.LEFTOVER_MIRROR_NOT_ENDED,
        ReasonCode.LEFTOVER_NOT_DELETED,
        ReasonCode.LEFTOVER_IN_USE,
        ReasonCode.LEFTOVER_KEPT,
        ReasonCode.LEFTOVER_ONLY_ONE,
        ReasonCode.LEFTOVER_REPLACED,
        ReasonCode.LEFTOVER_UNCHECKED,
        ReasonCode.BLUE_KEPT_IN_USE,
        ReasonCode.BLUE_KEPT_GREEN_UNHEALTHY,
        ReasonCode.BLUE_KEPT_UNCHECKED,
        ReasonCode.BLUE_KEPT_UNCOMPARED,
    }
)


def ended_or_moving(stage: Stage) -> Iterator[str]:
    """Nothing hangs: a rollout has ended, waits for an operator, or continues with the traffic as recorded."""
    seen = stage.world.seen
    for rollout in rollouts(stage.world):
        limits = rollout.policy.deadlines
        limit = {Phase.PROVISIONING: limits.provisioning, Phase.ROLLING_BACK: limits.rollback}.get(rollout.phase)
        if limit is not None and stage.world.clock() - rollout.status.since > limit + MINUTE:
            yield f"{rollout.id} is still {rollout.phase}"
        steady = rollout.phase in {Phase.STEPPING, Phase.PROMOTING} and rollout.traffic.steady_since is not None
        if steady and seen.traffic != rollout.wanted_traffic:
            yield f"{rollout.id} wants {rollout.wanted_traffic}, and there is {seen.traffic}"
        if rollout.lease is not None:
            yield f"{rollout.id} is still leased to {rollout.lease.holder}"


def green_is_out(stage: Stage) -> Iterator[str]:
    """Leave no traffic, live or mirrored, on a green that was rolled back."""
    seen = stage.world.seen
    for rollout in rollouts(stage.world):
        if rollout.phase is not Phase.ROLLED_BACK:
            continue
        mine = rollout.id == newest_of(stage, rollout.green)
        lost = rollout.blue is not None and rollout.blue not in seen.deployments  # there is nothing to return to
        if mine and rollout.green in seen.traffic and not lost and not set_by_others(stage, rollout):
            yield f"{rollout.id} was rolled back, and there is {seen.traffic}"
        if mine and copied(stage, rollout):
            yield f"{rollout.id} was rolled back, and gets a copy of the traffic"


def rollbacks_are_done(stage: Stage) -> Iterator[str]:
    """Every accepted rollback was carried out, or the history says that it came too late."""
    for accepted in stage.ledger.accepted:
        if accepted.verb is not Verb.ROLLBACK:
            continue
        now = next((r for r in rollouts(stage.world) if r.id == accepted.rollout.id), None)
        if now is None:
            yield f"the rollout that {accepted.by} rolled back is gone"
            continue
        entries = stage.ledger.history(now)
        mine = [e.reason.code for e in entries if e.actor == accepted.by]
        over = {Phase.ROLLED_BACK, Phase.FAILED, Phase.SUPERSEDED, Phase.ROLLING_BACK}
        if now.phase not in over and ReasonCode.REQUEST_TOO_LATE not in mine:
            yield f"{accepted.by} asked for a rollback of {now.id}, and it is {now.phase}"


def somebody_serves(stage: Stage) -> Iterator[str]:
    """Keep an endpoint serving if it served before."""
    if stage.recipe.serves and not stage.world.seen.traffic:
        yield "nobody serves any more"


def nothing_left(stage: Stage) -> Iterator[str]:
    """Nothing is left of a finished rollout, unless it serves, an operator was told, or another rollout uses it."""
    seen = stage.world.seen
    unfinished = [rollout for rollout in rollouts(stage.world) if rollout.finished is None]
    kept = {rollout.blue for rollout in unfinished} | {each.deployment for r in unfinished for each in r.kept}
    for rollout in rollouts(stage.world):
        if rollout.finished is None or rollout.id != newest_of(stage, rollout.green):
            continue
        if copied(stage, rollout):
            yield f"{rollout.id} is over, and {rollout.green} still gets a copy of the traffic"
        if rollout.phase is Phase.PROMOTED:
            yield from _blue_left(stage, rollout)
        if rollout.phase not in TERMINAL - {Phase.PROMOTED} or rollout.policy.on_rollback != "delete":
            continue
        left = rollout.green in seen.deployments and rollout.green not in seen.traffic and rollout.placement is not None
        if left and rollout.green not in kept and not handed_over(stage, rollout.green):
            yield f"{rollout.id} ended {rollout.phase}, and {rollout.green} is left over"


def _blue_left(stage: Stage, rollout: Rollout) -> Iterator[str]:
    """No idle blue is left of a promoted rollout, unless an operator was told or another rollout still uses it."""
    seen, blue = stage.world.seen, rollout.blue
    open_ones = [each for each in rollouts(stage.world) if each.finished is None]
    used = blue in seen.traffic or any(
        blue in {each.blue, each.green, *(kept.deployment for kept in each.kept)} for each in open_ones
    )
    newer = any(blue == each.green and each.created > rollout.created for each in rollouts(stage.world))
    if blue in seen.deployments and not used and not newer and not handed_over(stage, blue):
        yield f"{rollout.id} was promoted, and {blue} is left over"


def handed_over(stage: Stage, name: str | None) -> bool:
    """Return whether an operator was told to deal with this deployment, which another rollout may have inherited."""
    entries = (entry for rollout in rollouts(stage.world) for entry in stage.ledger.history(rollout))
    return any(entry.reason.code in HANDED_OVER and entry.reason.facts.get("deployment") == name for entry in entries)


def off_the_list(stage: Stage) -> Iterator[str]:
    """Keep an endpoint with work on the list of endpoints with work."""
    store = stage.world.store
    if store.record(CHURN).value.current is not None and CHURN not in store.open_endpoints():
        yield f"{ENDPOINT} has a rollout and is not on the list"


def newest_of(stage: Stage, green: str) -> str:
    """Return the id of the newest rollout that has this deployment as its green."""
    return next(r.id for r in rollouts(stage.world) if r.green == green)


def set_by_others(stage: Stage, rollout: Rollout) -> bool:
    """Return whether someone else gave green traffic after the rollout last took some, or the operator was told of it.

    Azure may refuse to take it, for example because someone mirrors to blue, and after ten minutes it stays.
    """
    name = rollout.green
    given = [edit for edit in stage.ledger.edits if edit.after.get(name, 0) > edit.before.get(name, 0)]
    told = any(entry.reason.code is ReasonCode.LEFTOVER_IN_USE for entry in stage.ledger.history(rollout))
    if given and told:
        return True
    taken = [
        order.number
        for order in stage.ledger.orders
        if order.rollout.id == rollout.id and isinstance(order.action, SetTraffic) and lowers(order, name)
    ]
    return any(edit.number > max(taken, default=0) for edit in given)


def copied(stage: Stage, rollout: Rollout) -> bool:
    """Return whether green, if it still exists, gets mirrored traffic that nobody else has ordered."""
    seen = stage.world.seen
    there = rollout.green in seen.mirror and rollout.green in seen.deployments
    return there and not mirrored_by_others(stage, rollout)


def mirrored_by_others(stage: Stage, rollout: Rollout) -> bool:
    """Return whether someone else mirrored requests to green after the rollout last stopped that, or after its end.

    A mirror that old readings hid until the end counts too. So does an earlier one if they replaced green, because it
    was then handed over to them as it was.
    """
    name = rollout.green
    raised = [edit for edit in stage.ledger.mirrors if edit.after.get(name, 0) > edit.before.get(name, 0)]
    ended = [
        order.number
        for order in stage.ledger.orders
        if order.rollout.id == rollout.id and isinstance(order.action, SetMirror) and name not in order.action.mirror
    ]
    written = enumerate(stage.ledger.history(rollout))
    over = [stage.ledger.written.get((rollout.id, n), each.at) for n, each in written if each.after in TERMINAL]
    if raised and handed_over(stage, name):
        return True
    last, looks = min(over, default=stage.world.clock()) - HIDDEN, itertools.chain(*stage.ledger.looks.values())
    # After hours without Teal, its first readings can still be old. So what matters is when it looked before these.
    looked = max((look for look in looks if look < last), default=MIDNIGHT)
    return any(edit.at >= looked or edit.number > max(ended, default=edit.number) for edit in raised)


def lowers(order: Order, name: str) -> bool:
    """Return whether an order leaves a deployment less traffic than it was seen to have."""
    assert isinstance(order.action, SetTraffic)
    return order.action.traffic.get(name, 0) < order.seen.traffic.get(name, 0)
