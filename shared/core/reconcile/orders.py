"""Orders that Azure may still carry out, remembered until the opposite order is accepted.

An observation can be older than an order. What to order is decided in `difference`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from shared.core.observation.observation import EndpointSeen
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
                rollout = rollout.with_orders(mirror=mirror[rollout.green], mirror_shown=False)
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
            return rollout.with_orders(mirror=mirror.get(rollout.green, 0), mirror_shown=False)
        case ScaleDeployment(name=name, instances=instances) if name == rollout.blue:
            return rollout.with_orders(blue_scaled_up=instances >= (rollout.blue_instances or 0))
        case _:
            return rollout


def shown(rollout: Rollout, endpoint: EndpointSeen) -> Rollout:
    """Return the rollout after this observation: if it shows what was last ordered, that order has taken effect."""
    last, mirror = rollout.orders, endpoint.mirror.get(rollout.green, 0)
    return rollout.with_orders(
        shown=last.shown or endpoint.traffic == last.traffic,
        mirror_shown=last.mirror_shown or (mirror > 0 and mirror == last.mirror),
        reached=last.reached or rollout.green in endpoint.traffic,
    )


def outstanding(rollout: Rollout) -> bool:
    """Return whether an order that gives green traffic or a mirror may still take effect."""
    last = rollout.orders
    return (rollout.green in (last.traffic or {}) and not last.shown) or mirror_outstanding(rollout)


def mirror_outstanding(rollout: Rollout) -> bool:
    """Return whether an order that gives green a mirror may still take effect."""
    return rollout.orders.mirror > 0 and not rollout.orders.mirror_shown


def withdrawn(rollout: Rollout) -> bool:
    """Return whether Azure accepted the opposite of every order that gave green traffic or a mirror."""
    return rollout.green not in (rollout.orders.traffic or {}) and not rollout.orders.mirror


def carried(rollout: Rollout, acted: Rollout) -> Rollout:
    """Return the rollout with the orders remembered by `acted`, which is the same rollout."""
    return replace(rollout, orders=acted.orders)
