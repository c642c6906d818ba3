"""Invariants of incidents: nothing advances, and nothing loses capacity, while everything is worse than it ever was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.core.observation import DeploymentMinute
from shared.core.phases import Phase
from shared.core.reconcile.actions import DeleteDeployment, SetTraffic
from shared.core.rollout import Rollout, Verb
from shared.core.rollout.reasons import ReasonCode
from tests.faults.invariants.irreversible import SETTLING, overruled, promotions
from tests.faults.invariants.traffic import rises
from tests.faults.ledger import Order
from tests.faults.stage import Stage

# How many times its usual failures an endpoint must show, in how many minutes, and from when to when these are counted:
# an incident can only be recognized from several minutes that are complete, logged and settled.
BEYOND = 3.0
SHOWN = 5
PROMOTED_BY_REQUEST = {ReasonCode.OPERATOR_PROMOTE, ReasonCode.OPERATOR_PROMOTE_FULL}
PAST, WARM_UP = timedelta(hours=1), timedelta(minutes=1)


def no_promotion_in_an_incident(stage: Stage) -> Iterator[str]:
    """Nothing is promoted by Teal itself in an incident that it could have noticed."""
    for rollout, _, _, at in promotions(stage):
        if not overruled(stage, rollout, at) and not rollout.first and in_incident(stage, rollout, at):
            yield f"{rollout.green} was promoted at {at:%H:%M}, in an incident"


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
