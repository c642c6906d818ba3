"""Invariants of irreversible actions: promoting, deleting, and giving all traffic to one deployment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.core.phases import Phase
from shared.core.reconcile.actions import DeleteDeployment, ScaleDeployment
from shared.core.rollout import Rollout, Verb
from shared.core.rollout.history import Entry
from shared.core.rollout.reasons import ReasonCode
from tests.faults.invariants.traffic import rises
from tests.faults.ledger import Order, rollouts
from tests.faults.stage import Stage

RECENTLY = timedelta(minutes=20)
SETTLING = timedelta(minutes=2)


def last_one_stays(_stage: Stage, order: Order) -> Iterator[str]:
    """Delete neither what serves nor the last healthy deployment, except a green on an endpoint without traffic."""
    if not isinstance(order.action, DeleteDeployment):
        return
    name, seen = order.action.name, order.seen
    if seen.traffic.get(name):
        yield f"{order.action} although it serves {seen.traffic}"
    if name in seen.mirror:
        yield f"{order.action} although it gets a copy of the traffic"
    others = [other for other in seen.deployments if other != name and seen.ready(other)]
    unused = not seen.traffic and name == order.rollout.green
    if seen.ready(name) and not others and not unused:
        yield f"{order.action} although nothing else is healthy"


def blue_keeps_its_instances(_stage: Stage, order: Order) -> Iterator[str]:
    """Blue is not scaled down while it serves."""
    action, blue = order.action, order.rollout.blue
    if not isinstance(action, ScaleDeployment) or action.name != blue:
        return
    instances = order.seen.instances(action.name) or 0
    if action.instances < instances and order.seen.traffic.get(action.name):
        yield f"{action} from {instances} although it serves {order.seen.traffic}"


def not_onto_a_failing_blue(_stage: Stage, order: Order) -> Iterator[str]:
    """Traffic does not return to a deployment that was observed unhealthy."""
    blue = order.rollout.blue
    if blue is not None and rises(order, blue) and order.seen.broken(blue):
        yield f"{order.action} although {blue} was observed broken"


def not_onto_a_blue_that_answers_nothing(stage: Stage, order: Order) -> Iterator[str]:
    """Traffic does not return to a blue whose last probe failed entirely while green was seen to work."""
    blue, green = order.rollout.blue, order.rollout.green
    if blue is None or not rises(order, blue) or order.seen.traffic.get(blue):
        return  # with live traffic, the log is better evidence
    probes = [
        each
        for each in stage.ledger.health.get(blue, ())
        if each.by == "probe" and order.read < each.number < order.number
    ]
    works = stage.ledger.was_healthy(green, order.at, RECENTLY / 4)  # in true time: a clock set back renews old minutes
    if probes and probes[-1].failed >= 1.0 and works:
        yield f"{order.action} although {blue} failed every smoke request"


def target_is_healthy(stage: Stage, order: Order) -> Iterator[str]:
    """Blue or green is deleted only if what serves was observed healthy within the last minutes."""
    if not isinstance(order.action, DeleteDeployment):
        return
    serving = order.seen.serving()
    if serving is None or serving == order.action.name or not order.seen.ready(order.action.name):
        return
    if order.misled_about(serving):
        return
    if not stage.ledger.was_healthy(serving, order.at, recently(order.rollout), order.decided_at):
        yield f"{order.action}, and {serving}, which serves, was not observed healthy for {RECENTLY}"


def others_are_not_deleted(stage: Stage, order: Order) -> Iterator[str]:
    """Do not delete what someone else deployed under a name after green was ready, or after that became blue.

    An old reading can make Teal order its green again after that; what it then deploys is its own.
    """
    if not isinstance(order.action, DeleteDeployment) or order.misled_about(order.action.name):
        return
    replaced, model = stage.ledger.replaced.get(order.action.name, (None, ""))
    there = order.truth.deployments.get(order.action.name)
    if there is None or there.model != model:
        return
    entries = [
        (stage.ledger.written.get((order.rollout.id, number), entry.at), entry)
        for number, entry in enumerate(stage.ledger.history(order.rollout))
        if entry.after is Phase.STEPPING or entry.reason.code is ReasonCode.BLUE_CHOSEN_ANEW
    ]
    began = [at for at, entry in entries if entry.reason.code is ReasonCode.BLUE_CHOSEN_ANEW] or [
        at for at, _ in entries[:1]
    ]
    if replaced is not None and began and replaced > began[-1]:
        yield f"{order.action} although someone else has deployed something else there at {replaced:%H:%M}"


def no_promotion_unobserved(stage: Stage) -> Iterator[str]:
    """Promote only a green that was observed healthy just before, unless an operator overrode the judge."""
    for rollout, number, entry, at in promotions(stage):
        known = (rollout.id, number) in stage.ledger.misled
        known = known or stage.ledger.was_healthy(rollout.green, at, recently(rollout), entry.at)
        if not known and not overruled(stage, rollout, at):
            yield f"{rollout.green} was promoted at {at:%H:%M} and not observed healthy for {RECENTLY}"


def recently(rollout: Rollout) -> timedelta:
    """Return how old the last healthy minute may be: complete minutes are older if rows arrive late."""
    return RECENTLY + rollout.telemetry_lag


def promotions(stage: Stage) -> Iterator[tuple[Rollout, int, Entry, datetime]]:
    """Return every promotion so far: the rollout, the entry's number, the entry, and the true time of its write."""
    for rollout in rollouts(stage.world):
        for number, entry in enumerate(stage.ledger.history(rollout)):
            if entry.after is Phase.PROMOTED and entry.before is Phase.PROMOTING:
                yield rollout, number, entry, stage.ledger.written.get((rollout.id, number), entry.at)


def overruled(stage: Stage, rollout: Rollout, at: datetime) -> bool:
    """Return whether an operator had overridden this rollout's judge by then."""
    said = [each.at for each in stage.ledger.accepted if (each.rollout.id, each.verb) == (rollout.id, Verb.OVERRIDE)]
    return min(said, default=at + SETTLING) <= at
