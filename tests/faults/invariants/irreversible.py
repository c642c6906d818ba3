"""Invariants of irreversible actions: promoting, deleting, and giving all traffic to one deployment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.core.observation import DeploymentMinute
from shared.core.phases import Phase
from shared.core.reconcile.actions import DeleteDeployment, ScaleDeployment, SetTraffic
from shared.core.rollout import Rollout, Verb
from shared.core.rollout.history import Entry
from shared.core.rollout.reasons import ReasonCode
from tests.faults.invariants.traffic import rises
from tests.faults.ledger import Order, rollouts
from tests.faults.stage import Stage

RECENTLY = timedelta(minutes=20)
# How many times its usual failures an endpoint must show, in how many minutes, and from when to when these are counted:
# an incident can only be recognized from several minutes that are complete, logged and settled.
BEYOND = 3.0
SHOWN = 5
PROMOTED_BY_REQUEST = {ReasonCode.OPERATOR_PROMOTE, ReasonCode.OPERATOR_PROMOTE_FULL}
SETTLING = timedelta(minutes=2)
PAST, WARM_UP = timedelta(hours=1), timedelta(minutes=1)


def last_one_stays(_stage: Stage, order: Order) -> Iterator[str]:
    """Do not delete what serves, nor the last healthy deployment, except a green on an endpoint without traffic."""
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


def not_onto_a_sick_blue(_stage: Stage, order: Order) -> Iterator[str]:
    """Traffic does not return to a deployment that was observed broken."""
    blue = order.rollout.blue
    if blue is not None and rises(order, blue) and order.seen.broken(blue):
        yield f"{order.action} although {blue} was observed broken"


def not_onto_a_blue_that_answers_nothing(stage: Stage, order: Order) -> Iterator[str]:
    """Traffic does not return to a blue whose probe just failed entirely, while green was seen to work."""
    blue, green = order.rollout.blue, order.rollout.green
    if blue is None or not rises(order, blue) or order.seen.traffic.get(blue):
        return  # with live traffic, the log says more
    probes = [
        each
        for each in stage.ledger.health.get(blue, ())
        if each.by == "probe" and order.read < each.number < order.number
    ]
    works = stage.ledger.was_healthy(green, order.at, RECENTLY / 4, order.decided_at)
    if probes and probes[-1].failed >= 1.0 and works:
        yield f"{order.action} although {blue} failed every smoke request"


def target_is_healthy(stage: Stage, order: Order) -> Iterator[str]:
    """Blue or green is deleted only while what serves was observed healthy within the last minutes."""
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
    """Delete nothing that someone else deployed under a name after green was ready, or after that became blue."""
    if not isinstance(order.action, DeleteDeployment) or order.misled_about(order.action.name):
        return
    replaced = stage.ledger.replaced.get(order.action.name)
    entries = [
        (stage.ledger.written.get((order.rollout.id, number), entry.at), entry)
        for number, entry in enumerate(stage.ledger.history(order.rollout))
        if entry.after is Phase.STEPPING
    ]
    began = [at for at, entry in entries if entry.reason.code is ReasonCode.BLUE_CHOSEN_ANEW] or [
        at for at, _ in entries[:1]
    ]
    if replaced is not None and began and replaced > began[-1]:
        yield f"{order.action} although someone else has deployed something else there at {replaced:%H:%M}"


def no_promotion_unobserved(stage: Stage) -> Iterator[str]:
    """Promote only a green that was observed healthy just before, unless an operator overruled the judge."""
    for rollout, number, entry, at in promotions(stage):
        known = (rollout.id, number) in stage.ledger.misled
        known = known or stage.ledger.was_healthy(rollout.green, at, recently(rollout), entry.at)
        if not known and not overruled(stage, rollout, at):
            yield f"{rollout.green} was promoted at {at:%H:%M} and not observed healthy for {RECENTLY}"


def no_promotion_in_an_incident(stage: Stage) -> Iterator[str]:
    """Nothing is promoted by Teal itself in an incident that it could have noticed."""
    for rollout, _, _, at in promotions(stage):
        if not overruled(stage, rollout, at) and not rollout.first and in_incident(stage, rollout, at):
            yield f"{rollout.green} was promoted at {at:%H:%M}, in an incident"


def recently(rollout: Rollout) -> timedelta:
    """Return how old the last healthy minute may be: where rows arrive late, complete minutes are older."""
    return RECENTLY + rollout.telemetry_lag


def promotions(stage: Stage) -> Iterator[tuple[Rollout, int, Entry, datetime]]:
    """Return every promotion so far: the rollout, its entry's number, the entry, and when it was really written."""
    for rollout in rollouts(stage.world):
        for number, entry in enumerate(stage.ledger.history(rollout)):
            if entry.after is Phase.PROMOTED and entry.before is Phase.PROMOTING:
                yield rollout, number, entry, stage.ledger.written.get((rollout.id, number), entry.at)


def no_deletion_in_an_incident(stage: Stage, order: Order) -> Iterator[str]:
    """Nothing that could serve but green itself is deleted in an incident that could have been noticed."""
    if not isinstance(order.action, DeleteDeployment) or order.action.name == order.rollout.green:
        return
    if order.seen.ready(order.action.name) and in_incident(stage, order.rollout, order.at):
        yield f"{order.action} in an incident"


def no_advance_in_an_incident(stage: Stage, order: Order) -> Iterator[str]:
    """Green's share does not rise by Teal's own decision in an incident that could have been noticed."""
    rollout = order.rollout
    if not isinstance(order.action, SetTraffic) or not rises(order, rollout.green) or rollout.first:
        return
    judged = order.seen.traffic.get(rollout.green, 0) > 0
    said = promoted_by_request(stage, rollout) or restored_by_request(stage, rollout)
    said = said or overruled(stage, rollout, order.at)
    if judged and not said and in_incident(stage, rollout, order.at):
        yield f"{order.action} in an incident"


def overruled(stage: Stage, rollout: Rollout, at: datetime) -> bool:
    """Return whether an operator had overruled the judge of this rollout by then."""
    said = [each.at for each in stage.ledger.accepted if (each.rollout.id, each.verb) == (rollout.id, Verb.OVERRIDE)]
    return min(said, default=at + SETTLING) <= at


def promoted_by_request(stage: Stage, rollout: Rollout) -> bool:
    """Return whether the rollout is at its present step because an operator asked for just that."""
    asked = any((each.rollout.id, each.verb) == (rollout.id, Verb.PROMOTE) for each in stage.ledger.accepted)
    return asked and rollout.status.reason.code in PROMOTED_BY_REQUEST


def restored_by_request(stage: Stage, rollout: Rollout) -> bool:
    """Return whether an operator resumed after someone else had changed the traffic: that asks for it as it was."""
    turning = {ReasonCode.TRAFFIC_CHANGED_EXTERNALLY, ReasonCode.OPERATOR_RESUME, ReasonCode.WEIGHT_REQUESTED}
    said = [each.reason.code for each in stage.ledger.history(rollout) if each.reason.code in turning]
    return said[-2:] == [ReasonCode.TRAFFIC_CHANGED_EXTERNALLY, ReasonCode.OPERATOR_RESUME]


def in_incident(stage: Stage, rollout: Rollout, at: datetime) -> bool:
    """Return whether an incident is on that this rollout's log had shown for long enough by then.

    What blue's past shows in any minute is usual for it, also an incident that had begun before green was compared.
    """
    past = [row.bad / row.total for row in past_of(stage, rollout) if row.total]
    sick = max(0.25, BEYOND * sum(past) / max(len(past), 1) + 0.05)
    return max(past, default=0.0) < sick and any(
        since <= at and (until is None or at < until) and len(shown(stage, since, at, sick)) >= SHOWN
        for since, until in stage.incidents
    )


def past_of(stage: Stage, rollout: Rollout) -> list[DeploymentMinute]:
    """Return the rows of the hour before green could be compared."""
    entries = enumerate(stage.ledger.history(rollout))
    began = [stage.ledger.written.get((rollout.id, n), each.at) for n, each in entries if each.after is Phase.STEPPING]
    first = min(began, default=rollout.created)
    return [row for row in stage.telemetry.rows if first - PAST <= row.minute < first + WARM_UP]


def shown(stage: Stage, since: datetime, until: datetime, sick: float) -> set[datetime]:
    """Return the minutes of a span that Teal read and that show sick deployments."""
    everything = (each for known in stage.ledger.health.values() for each in known)
    return {
        each.minute
        for each in everything
        if since < each.minute <= until and each.at <= until - SETTLING and each.failed >= sick
    }
