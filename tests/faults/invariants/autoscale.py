"""Invariants of autoscale settings: only those of a blue that is kept without traffic are suspended."""

from __future__ import annotations

from collections.abc import Iterator

from shared.core.reconcile.actions import SwitchAutoscale
from shared.core.rollout.reasons import ReasonCode
from tests.faults.ledger import Order, rollouts
from tests.faults.stage import Stage
from tests.scenarios.world import ENDPOINT

TOLD = frozenset({ReasonCode.AUTOSCALE_LEFT_SUSPENDED, ReasonCode.BLUE_KEPT_IN_USE})


def what_serves_keeps_its_autoscaler(_stage: Stage, order: Order) -> Iterator[str]:
    """Do not suspend the settings of a deployment that was observed to serve."""
    action = order.action
    if isinstance(action, SwitchAutoscale) and not action.enabled and order.seen.traffic.get(action.name):
        yield f"{action} although it serves {order.seen.traffic}"


def only_suspended_settings_are_enabled(stage: Stage, order: Order) -> Iterator[str]:
    """Do not enable settings that Teal has not suspended."""
    action = order.action
    if isinstance(action, SwitchAutoscale) and action.enabled and not suspended_at(stage, action.name):
        yield f"{action} although Teal never disabled them"


def settings_are_restored(stage: Stage) -> Iterator[str]:
    """Leave no settings suspended on a serving deployment, unless an operator was told or has switched them since."""
    for name in stage.world.seen.traffic:
        ours = suspended_at(stage, name) > stage.ledger.switches.get(name, 0)
        off = name in stage.azure.autoscale.get(ENDPOINT, ()) and name in stage.azure.suspended
        if off and ours and not _reported(stage, name):
            yield f"the autoscale settings of {name} are still disabled, and it serves {stage.world.seen.traffic}"


def suspended_at(stage: Stage, name: str) -> int:
    """Return the number of the last order to suspend a deployment's settings, or 0."""
    orders = (each for each in stage.ledger.orders if isinstance(each.action, SwitchAutoscale))
    return max(
        (each.number for each in orders if each.action == SwitchAutoscale(ENDPOINT, name, enabled=False)), default=0
    )


def _reported(stage: Stage, name: str) -> bool:
    entries = (entry for rollout in rollouts(stage.world) for entry in stage.ledger.history(rollout))
    return any(each.reason.code in TOLD and each.reason.facts.get("deployment") == name for each in entries)
