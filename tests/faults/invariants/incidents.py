"""Invariants of incidents: nothing advances, and nothing loses capacity, while everything is worse than ever before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from shared.core.observation import DeploymentMinute
from shared.core.phases import Phase
from shared.core.reconcile.actions import DeleteDeployment, ScaleDeployment, SetTraffic
from shared.core.rollout import Rollout, Verb
from shared.core.rollout.reasons import ReasonCode
from tests.faults.invariants.irreversible import SETTLING, overruled, promotions
from tests.faults.invariants.traffic import rises
from tests.faults.ledger import SLOW_CLOCK, Order
from tests.faults.stage import Span, Stage

# BEYOND: how many times its usual failure rate an endpoint must show. SHOWN: in how many minutes. An incident can only
# be recognized from several minutes that are complete, logged and settled.
BEYOND = 3.0
SHOWN = 5
LEAST_SURGE = 0.25  # a short past allows as much
SHOWN_SLOW = 12  # metrics show one value a minute
PROMOTED_BY_REQUEST = {ReasonCode.OPERATOR_PROMOTE, ReasonCode.OPERATOR_PROMOTE_FULL}
PAST, WARM_UP = timedelta(hours=1), timedelta(minutes=1)


def no_promotion_in_an_incident(stage: Stage) -> Iterator[str]:
    """Teal itself promotes nothing in an incident that it could have noticed."""
    for rollout, _, entry, at in promotions(stage):
        if at - entry.at > SLOW_CLOCK:
            continue  # the last minutes that this process could read are from before the incident
        if not overruled(stage, rollout, at) and not rollout.first and in_any(stage, rollout, at):
            yield f"{rollout.green} was promoted at {at:%H:%M}, in an incident"


def no_deletion_in_an_incident(stage: Stage, order: Order) -> Iterator[str]:
    """Nothing but green is deleted, if it could serve, in an incident that could have been noticed."""
    if not isinstance(order.action, DeleteDeployment) or order.action.name == order.rollout.green or order.slow_clock:
        return
    if order.seen.ready(order.action.name) and in_incident(stage, order.rollout, order.at):
        yield f"{order.action} in an incident"


def no_advance_in_an_incident(stage: Stage, order: Order) -> Iterator[str]:
    """Teal itself does not raise green's share in an incident that could have been noticed.

    Green may get back what Teal took from it for a comparison that shows blue to fail more.
    """
    rollout = order.rollout
    if not isinstance(order.action, SetTraffic) or not rises(order, rollout.green) or rollout.first:
        return
    if order.slow_clock or rollout.judging.comparison == "broken_off":
        return
    judged = order.seen.traffic.get(rollout.green, 0) > 0
    said = promoted_by_request(stage, rollout) or restored_by_request(stage, rollout)
    said = said or overruled(stage, rollout, order.at)
    if judged and not said and in_any(stage, rollout, order.at):
        yield f"{order.action} in an incident"


def promoted_by_request(stage: Stage, rollout: Rollout) -> bool:
    """Return whether the rollout is at its present step because an operator asked for exactly that."""
    asked = any((each.rollout.id, each.verb) == (rollout.id, Verb.PROMOTE) for each in stage.ledger.accepted)
    return asked and rollout.status.reason.code in PROMOTED_BY_REQUEST


def restored_by_request(stage: Stage, rollout: Rollout) -> bool:
    """Return whether an operator resumed after someone else changed the traffic, which restores the earlier split."""
    turning = {ReasonCode.TRAFFIC_CHANGED_EXTERNALLY, ReasonCode.OPERATOR_RESUME, ReasonCode.WEIGHT_REQUESTED}
    said = [each.reason.code for each in stage.ledger.history(rollout) if each.reason.code in turning]
    return said[-2:] == [ReasonCode.TRAFFIC_CHANGED_EXTERNALLY, ReasonCode.OPERATOR_RESUME]


def nothing_loses_capacity_in_a_surge(stage: Stage, order: Order) -> Iterator[str]:
    """No ready deployment is deleted, or gets fewer instances, in a surge that could have been noticed."""
    action, surging = order.action, lasting(stage.surges, order.at) is not None and stage.surge > LEAST_SURGE
    if not isinstance(action, DeleteDeployment | ScaleDeployment) or not order.seen.ready(action.name):
        return
    if order.slow_clock or not order.seen.traffic:
        return  # or nobody depends on the endpoint
    if isinstance(action, ScaleDeployment) and action.instances >= (order.seen.instances(action.name) or 0):
        return
    if surging and in_incident(stage, order.rollout, order.at) and not order.misled_about(action.name):
        yield f"{action} in a surge"


def in_any(stage: Stage, rollout: Rollout, at: datetime) -> bool:
    """Return whether an incident, a surge or a slowdown was in progress at this time and could have been noticed."""
    return in_incident(stage, rollout, at) or in_slowdown(stage, rollout, at)


def in_incident(stage: Stage, rollout: Rollout, at: datetime) -> bool:
    """Return whether an incident or a surge was in progress that this rollout's log had shown for long enough.

    Any rate that blue's past shows counts as usual, even that of an incident that began before green was compared. Blue
    may have served for less than the hour; then the failure rate of its own requests counts too, because Teal knows no
    other past.
    """
    rows = [row for row in past_of(stage, rollout) if row.total]
    past = [row.bad / row.total for row in rows]
    blue = [row for row in rows if row.deployment == rollout.blue]
    of_all, of_blue = (
        sum(past) / max(len(past), 1),
        sum(row.bad for row in blue) / max(sum(row.total for row in blue), 1),
    )
    sick = max(0.25, BEYOND * max(of_all, of_blue) + 0.05)
    if max(stage.incident, stage.surge) < sick:
        return False  # it has weakened, like a surge that subsides
    return max(past, default=0.0) < sick and any(
        since <= at and (until is None or at < until) and len(shown(stage, rollout, since, at, sick)) >= SHOWN
        for since, until in (*stage.incidents, *stage.surges)
    )


def in_slowdown(stage: Stage, rollout: Rollout, at: datetime) -> bool:
    """Return whether blue, next to green, had been read to be far slower than in its past for long enough.

    Without latencies in blue's past there is nothing to compare with, and the record says so. A newly chosen blue has
    its own past, which may be slow already. So may the past that the judge was calibrated from: if Teal did not run for
    hours before that, it is minutes old.
    """
    alarms, slow = rollout.alarms, stage.ledger.slow.get(rollout.blue or "", {})
    since = lasting(stage.slowdowns, at)
    anew = any(entry.reason.code is ReasonCode.BLUE_CHOSEN_ANEW for entry in stage.ledger.history(rollout))
    if since is None or alarms is None or "latency" not in alarms.gates or anew:
        return False
    settled = at - SETTLING
    read = [minute for minute, known in slow.items() if since < minute <= settled and known <= settled]
    calibrated = stage.ledger.calibrated.get(rollout.id, rollout.created)
    usual = any(minute >= calibrated - PAST and known <= calibrated for minute, known in slow.items())
    usual = usual or any(row.minute in slow for row in past_of(stage, rollout))
    return len(read) >= SHOWN_SLOW and not usual


def lasting(spans: Sequence[Span], at: datetime) -> datetime | None:
    """Return when the span that includes this time began, or None."""
    return next((since for since, until in spans if since <= at and (until is None or at < until)), None)


def past_of(stage: Stage, rollout: Rollout) -> list[DeploymentMinute]:
    """Return the rows of the hour before green could be compared."""
    entries = enumerate(stage.ledger.history(rollout))
    began = [stage.ledger.written.get((rollout.id, n), each.at) for n, each in entries if each.after is Phase.STEPPING]
    first = min(began, default=rollout.created)
    return [row for row in stage.telemetry.rows if first - PAST <= row.minute < first + WARM_UP]


def shown(stage: Stage, rollout: Rollout, since: datetime, until: datetime, sick: float) -> set[datetime]:
    """Return the minutes of a span that Teal read and that show the rollout's own deployments failing."""
    own = (rollout.green, rollout.blue or "")
    everything = (each for name in own for each in stage.ledger.health.get(name, ()))
    return {
        each.minute
        for each in everything
        if since < each.minute <= until and each.at <= until - SETTLING and each.failed >= sick
    }
