"""Invariants of an order that changes traffic: which deployments may get it, and which may not get more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from shared.core.phases import Phase
from shared.core.policy.freeze import frozen
from shared.core.reconcile.actions import DeleteDeployment, ScaleDeployment, SetMirror, SetTraffic
from shared.core.rollout import Verb
from tests.faults.ledger import Order
from tests.faults.stage import Stage

FORWARD = frozenset({Verb.PROMOTE, Verb.RESUME})
PROOF = timedelta(hours=2)


def sums_to_100(stage: Stage, order: Order) -> Iterator[str]:
    """Traffic sums to 100 and names only deployments that were observed ready.

    It may be empty where nothing served before, or where an operator rolled back a first deployment.
    """
    if not isinstance(order.action, SetTraffic):
        return
    traffic = order.action.traffic
    rollout = order.rollout
    served = order.seen.traffic == {rollout.green: 100} and stage.ledger.rollback_requested(rollout.id) is None
    emptied = not traffic and rollout.first and not served
    if sum(traffic.values()) != 100 and not emptied:
        yield f"{order.action} does not sum to 100"
    # A share that stays as it was found is not Teal's decision.
    for name in traffic:
        if not order.seen.ready(name) and traffic[name] != order.seen.traffic.get(name):
            yield f"{order.action}, and {name} was not observed ready"


def tested_first(stage: Stage, order: Order) -> Iterator[str]:
    """Green gets live traffic only after it was observed ready and passed its smoke test."""
    rollout = order.rollout
    if not rises(order, rollout.green) or not any(step.proves_green for step in rollout.policy.steps):
        return
    if rollout.green not in stage.ledger.smoked and not order.misled_about(rollout.green):
        yield f"{order.action}, and {rollout.green} never passed a smoke test"


def telemetry_first(stage: Stage, order: Order) -> Iterator[str]:
    """Green gets live traffic only if telemetry was observed to show this endpoint's requests."""
    if not rises(order, order.rollout.green) or order.rollout.first or order.slow_clock:
        return
    proven = stage.ledger.proven
    if proven is None or proven < order.rollout.created - PROOF:
        yield f"{order.action}, and the newest request that telemetry showed is of {proven}"


def never_up_again(stage: Stage, order: Order) -> Iterator[str]:
    """After a failing verdict or an accepted rollback request, green's share does not rise.

    The only exception is a comparison that shows blue to be worse: green then gets back its earlier share.
    """
    rollout, ledger = order.rollout, stage.ledger
    share = rises(order, rollout.green) or copied(order)
    if not share:
        return
    asked = ledger.rollback_requested(rollout.id)
    if asked is not None and asked < order.checked:
        yield f"{order.action} after a rollback was accepted"
    condemned, restored = ledger.condemned.get(rollout.id), rollout.judging.comparison == "broken_off"
    if condemned is not None and condemned < order.decided and not (rollout.judge_overruled or restored):
        yield f"{order.action} after a failing verdict"
    if rollout.phase in {Phase.ROLLING_BACK, Phase.ROLLED_BACK}:
        yield f"{order.action} although the rollout is {rollout.phase}"


def nothing_overwritten(_stage: Stage, order: Order) -> Iterator[str]:
    """Teal notices traffic that someone else set before it overwrites it with an advance."""
    rollout = order.rollout
    if not isinstance(order.action, SetTraffic) or rollout.phase not in {Phase.STEPPING, Phase.PROMOTING}:
        return
    if order.seen.traffic not in rollout.traffic.known:
        yield f"{order.action} over {order.seen.traffic}, which nobody noticed"


def not_against_an_operator(stage: Stage, order: Order) -> Iterator[str]:
    """Traffic that someone else took from green does not return until an operator says so."""
    rollout, green = order.rollout, order.rollout.green
    written = [each for each in stage.ledger.orders if isinstance(each.action, SetTraffic)]
    edits = [edit for edit in stage.ledger.edits if edit.number > max([each.number for each in written], default=0)]
    # Only moving a share that Teal ordered counts; undoing someone else's own edit does not.
    given = any(green in each.action.traffic for each in written if isinstance(each.action, SetTraffic))
    if not rises(order, green) or not edits or not given:
        return
    found, last = edits[0].before.get(green, 0), edits[-1]
    taken = next((edit for edit in edits if edit.after.get(green, 0) < found), None)
    if taken is None or last.after.get(green, 0) >= found:
        return
    observed = order.seen.traffic == last.after and order.read > last.number
    said = any(
        each.number > taken.number and each.rollout.id == rollout.id and each.verb in FORWARD
        for each in stage.ledger.accepted
    )
    if observed and not said and last.after not in order.expected_before:
        yield f"{order.action} after somebody else set {last.after}"


def only_greens_share(_stage: Stage, order: Order) -> Iterator[str]:
    """In a rollback, leave every share but green's and blue's as found, unless that deployment is not ready."""
    action, rollout, seen = order.action, order.rollout, order.seen
    if not isinstance(action, SetTraffic) or rollout.phase is not Phase.ROLLING_BACK or rollout.blue is None:
        return
    for name, share in seen.traffic.items():
        if name not in {rollout.green, rollout.blue} and seen.ready(name) and action.traffic.get(name) != share:
            yield f"{action} although {name} had {share} % and is no part of the rollout"


def held(stage: Stage, order: Order) -> Iterator[str]:
    """During a halt or a freeze nothing advances, and no way back is deleted or scaled down."""
    rollout = order.rollout
    advances = rollout.phase in {Phase.STEPPING, Phase.PROMOTING} and (rises(order, rollout.green) or copied(order))
    if not advances and not _takes_a_way_back(order):
        return
    halt = stage.ledger.halted_since
    if halt is not None and halt < order.read:
        yield f"{order.action} under a halt"
    window = frozen(rollout.policy, stage.now())
    if window is not None and frozen(rollout.policy, order.decided_at) is not None:
        yield f"{order.action} within the freeze window {window}"


def _takes_a_way_back(order: Order) -> bool:
    """Return whether the order deletes or scales down an inherited blue, or the blue of a promoted rollout."""
    action, rollout = order.action, order.rollout
    kept = {each.deployment for each in rollout.kept}
    kept |= {rollout.blue or ""} if rollout.phase is Phase.PROMOTED else set()
    if isinstance(action, ScaleDeployment):
        return action.name in kept and action.instances < (order.seen.instances(action.name) or 0)
    return isinstance(action, DeleteDeployment) and action.name in kept


def not_both(_stage: Stage, order: Order) -> Iterator[str]:
    """Green never has live and mirrored traffic at the same time, which Azure rejects."""
    if isinstance(order.action, SetMirror) and any(order.seen.traffic.get(name) for name in order.action.mirror):
        yield f"{order.action} while {order.seen.traffic}"
    if rises(order, order.rollout.green) and order.rollout.green in order.seen.mirror:
        yield f"{order.action} while {order.seen.mirror} is mirrored"


def rises(order: Order, name: str) -> bool:
    """Return whether the order gives a deployment more live traffic than it was observed to have."""
    action = order.action
    return isinstance(action, SetTraffic) and action.traffic.get(name, 0) > order.seen.traffic.get(name, 0)


def copied(order: Order) -> bool:
    """Return whether the order mirrors a larger share of the traffic to green."""
    action, green = order.action, order.rollout.green
    return isinstance(action, SetMirror) and action.mirror.get(green, 0) > order.seen.mirror.get(green, 0)
