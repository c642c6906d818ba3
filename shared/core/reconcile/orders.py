"""Orders that Azure may still carry out, remembered until the opposite order is accepted.

An observation can be older than an order. What to order is decided in `difference`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from shared.core.reconcile.actions import (
    Action,
    CreateDeployment,
    DeleteDeployment,
    ScaleDeployment,
    SetMirror,
    SetTraffic,
    SwitchAutoscale,
)
from shared.core.rollout.record import Rollout


def giving(rollout: Rollout, actions: Iterable[Action], now: datetime) -> Rollout:
    """Return the rollout as it must be saved before these orders are given.

    An order that gives green traffic or a mirror may take effect even if this process dies; one that takes it back is
    remembered only after Azure accepted it, because until then the earlier one may take effect.
    """
    for action in actions:
        match action:
            case SetTraffic(traffic=traffic) if rollout.green in traffic:
                rollout = rollout.with_orders(traffic=traffic, shown=False)
            case SetMirror(mirror=mirror) if rollout.green in mirror:
                rollout = rollout.with_orders(mirror=True)
            case SwitchAutoscale(enabled=False):
                rollout = rollout.with_ending(autoscale="suspending")
            case CreateDeployment():
                rollout = rollout.with_orders(created=now)
            case DeleteDeployment(name=name) if name not in rollout.orders.deleted:
                rollout = rollout.with_orders(deleted=(*rollout.orders.deleted, name))
            case _:
                pass
    return rollout


def accepted(rollout: Rollout, action: Action) -> Rollout:
    """Return the rollout after Azure accepted an order."""
    match action:
        case SetTraffic(traffic=traffic):
            reached = rollout.orders.reached or rollout.green in traffic
            return rollout.with_orders(traffic=traffic, shown=False, reached=reached)
        case SetMirror(mirror=mirror):
            return rollout.with_orders(mirror=rollout.green in mirror)
        case ScaleDeployment(name=name, instances=instances) if name == rollout.blue:
            return rollout.with_orders(blue_scaled_up=instances >= (rollout.blue_instances or 0))
        case _:
            return rollout


def shown(rollout: Rollout, traffic: dict[str, int]) -> Rollout:
    """Return the rollout after this traffic was seen: if it is the one last ordered, that order has taken effect."""
    last = rollout.orders
    return rollout.with_orders(
        shown=last.shown or traffic == last.traffic, reached=last.reached or rollout.green in traffic
    )


def carried(rollout: Rollout, acted: Rollout) -> Rollout:
    """Return the rollout with the orders remembered by `acted`, which is the same rollout."""
    return replace(rollout, orders=acted.orders)
