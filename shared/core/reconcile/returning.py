"""The orders that return green's traffic to blue, or to another serving deployment."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.core.observation.observation import EndpointSeen, Provisioning
from shared.core.reconcile.actions import Action, ScaleDeployment, SetMirror, SetTraffic
from shared.core.reconcile.capacity import blue_is_small
from shared.core.reconcile.losses import nothing_to_return_to
from shared.core.reconcile.probing import awaits_probe, blue_is_worse
from shared.core.rollout.record import Rollout

# A blue that was scaled down grows before it gets its traffic back, but a rollback does not wait for that forever.
GROW = timedelta(minutes=10)


def return_traffic(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    """Return the rollback's orders, even if green has no traffic now but Teal's last order may still give it some."""
    threatened = rollout.green in endpoint.traffic or rollout.green in (rollout.orders.traffic or {})
    if rollout.placement is None or nothing_to_return_to(rollout, endpoint):
        return ()
    if not threatened:
        return regrow_blue(rollout, endpoint) + unmirror(rollout, endpoint)
    traffic = _without_green(rollout, endpoint)
    if traffic is None:
        return ()
    growth = regrow_blue(rollout, endpoint)
    waits = (awaits_growth, awaits_probe, blue_is_worse)
    if any(waits_for(rollout, endpoint, now) for waits_for in waits):
        return growth
    mirror = endpoint.mirror_without(traffic)
    if mirror != endpoint.mirror:  # someone mirrors to blue; Azure would refuse the traffic
        return (*growth, SetMirror(rollout.endpoint.name, mirror))
    return (*growth, SetTraffic(rollout.endpoint.name, traffic))


def unmirror(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Return the end of the mirror, even of one that is not observed yet but may still result from Teal's order."""
    if rollout.green not in endpoint.mirror and not rollout.orders.mirror:
        return ()
    return (SetMirror(rollout.endpoint.name, endpoint.mirror_without([rollout.green])),)


def regrow_blue(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Return the scale-up of a blue that was scaled down while it was kept. Instances added by others stay."""
    if rollout.blue is None or rollout.blue_instances is None or not blue_is_small(rollout, endpoint):
        return ()
    blue = endpoint.deployments[rollout.blue]
    if blue.state is not Provisioning.SUCCEEDED:
        return ()
    return (ScaleDeployment(rollout.endpoint.name, rollout.blue, max(rollout.blue_instances, blue.instances or 0)),)


def awaits_growth(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> bool:
    """Return whether the traffic waits for blue to grow."""
    return blue_is_small(rollout, endpoint) and now - rollout.status.since < GROW


def _without_green(rollout: Rollout, endpoint: EndpointSeen) -> dict[str, int] | None:
    """Return the traffic with green's share given to blue and the others unchanged; None while blue cannot take it.

    If green was the first and there is no blue, the largest of the others gets green's share, if there are any.
    """
    kept = {name: share for name, share in endpoint.traffic.items() if name != rollout.green and endpoint.ready(name)}
    freed = sum(endpoint.traffic.values()) - sum(kept.values())
    heir = rollout.blue or max(kept, key=lambda name: (kept[name], name), default=None)
    if not freed or heir is None:
        return kept
    return kept | {heir: kept.get(heir, 0) + freed} if endpoint.ready(heir) else None
