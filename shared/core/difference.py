"""What separates the wanted world from the seen one, as actions. Pure; computed afresh at each look.

So it never waits for an order to be carried out, and never needs to know whether one was given.
"""

from __future__ import annotations

from datetime import datetime

from shared.core.actions import Action, CreateDeployment, DeleteDeployment, SetTraffic
from shared.core.cleaning import leftover, may_delete
from shared.core.observation import EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.rollout import Rollout


def difference(rollout: Rollout, endpoint: EndpointSeen | None, now: datetime) -> tuple[Action, ...]:
    """Return what to do to Azure now so that the world comes to match the rollout."""
    if endpoint is None or rollout.finished is not None:
        return ()
    match rollout.phase:
        case Phase.PROVISIONING:
            return _create(rollout, endpoint)
        case Phase.STEPPING | Phase.PROMOTING:
            return _forward(rollout, endpoint)
        case Phase.ROLLING_BACK:
            return _back(rollout, endpoint)
        case Phase.PROMOTED | Phase.ROLLED_BACK:
            return _delete(rollout, endpoint, now)
        case _:
            return ()


def _create(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    if rollout.blue is None or rollout.green in endpoint.deployments:
        return ()
    return (CreateDeployment(rollout.endpoint, rollout.green, rollout.model, like=rollout.blue),)


def _forward(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Traffic goes forward only to a green that is seen ready, and not while a write is still under way."""
    wanted = rollout.wanted_traffic
    if rollout.weight == 0 or endpoint.traffic == wanted or endpoint.busy:
        return ()
    names_ready = all(endpoint.ready(name) for name in wanted)
    return (SetTraffic(rollout.endpoint, wanted),) if names_ready and rollout.smoke_passed else ()


def _back(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Also when green is not seen with traffic, if our last order may still give it some."""
    threatened = rollout.green in endpoint.traffic or rollout.green in (rollout.ordered or {})
    if not threatened or rollout.blue is None or not endpoint.ready(rollout.blue):
        return ()
    return (SetTraffic(rollout.endpoint, {rollout.blue: 100}),)


def _delete(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> tuple[Action, ...]:
    name = leftover(rollout)
    if rollout.phase is Phase.ROLLED_BACK and rollout.green in endpoint.traffic:
        return _back(rollout, endpoint)
    there = endpoint.deployments.get(name or "")
    if there is None or there.state is Provisioning.DELETING or not may_delete(rollout, endpoint, now):
        return ()
    return (DeleteDeployment(rollout.endpoint, there.name),)
