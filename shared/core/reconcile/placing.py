"""What green is deployed next to: read from Azure at every reconcile for as long as green has had no live traffic.

A model version that someone deployed manually is never deployed a second time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from shared.core.observation.observation import EndpointSeen, Observation, Provisioning
from shared.core.phases import Phase
from shared.core.policy.policy import LiveSource
from shared.core.reconcile.already_deployed import CHANGING, by_operator, deployed_manually, superseded
from shared.core.reconcile.blue_at_start import blue_failing
from shared.core.reconcile.keeping import make_room
from shared.core.reconcile.limits import over_limit, over_quota
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.placement import Beside, First
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout

# Waiting ends this long before the provisioning deadline, so that the report names what was missing.
MARGIN = timedelta(minutes=2)


def place(rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Decide what green is deployed next to; what an operator must fix ends the rollout before anything is created."""
    if endpoint.busy:
        return Decision(rollout)  # the traffic may be about to change
    twin = deployed_manually(rollout, endpoint)
    if twin is not None:
        return Decision(rollout) if twin.state in CHANGING else superseded(rollout, twin, endpoint, now)
    unfit = _unfit(rollout, observation, endpoint, now)
    if unfit is not None:
        return unfit
    if not endpoint.traffic:
        return _place_first(rollout, observation, endpoint, now)
    return _place_beside(rollout, observation, endpoint, now)


def awaited(
    rollout: Rollout, why: Reason, now: datetime, code: ReasonCode = ReasonCode.WAITING_FOR_DEPLOYMENT
) -> Decision:
    """Wait for what an operator may be about to create; the rollout fails once the time for provisioning is up.

    People usually register the model first, and then create the endpoint and the deployment. code: what is awaited.
    """
    until = rollout.status.started + max(rollout.policy.deadlines.provisioning - MARGIN, timedelta(0))
    if by_operator(rollout) or now >= until:
        return _ended(rollout, why, now)
    waits = reason(code, because=why, until=until.isoformat())
    if rollout.status.reason == waits:
        return Decision(rollout)
    return history.noted(replace(rollout, status=replace(rollout.status, reason=waits)), waits, now)


def with_blue_instances(rollout: Rollout, endpoint: EndpointSeen | None) -> Rollout:
    """Return the rollout with blue's instance count as Azure shows it.

    While green takes traffic, blue may scale down with its load, but must be able to take all of it back. Instances
    that someone adds in the meantime count as blue's.
    """
    blue = endpoint.deployments.get(rollout.blue or "") if endpoint else None
    steady = blue is not None and blue.state is Provisioning.SUCCEEDED and blue.instances is not None
    if endpoint is None or blue is None or not steady or rollout.ending.blue_scaled_down or not rollout.open:
        return rollout
    known, shown = rollout.blue_instances or 0, blue.instances or 0
    instances = shown if endpoint.traffic == {blue.name: 100} else max(known, shown)
    if not isinstance(rollout.placement, Beside) or instances in {0, rollout.blue_instances}:
        return rollout
    return replace(rollout, placement=replace(rollout.placement, instances=instances))


def _unfit(rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Return the refusal, or the wait, if this endpoint has no room for the rollout; None if it has."""
    taken = _name_taken(rollout, endpoint, now)
    if taken is not None:
        return taken
    limit = over_limit(rollout, endpoint)
    if limit is not None:
        roomier = make_room(rollout, endpoint, now) if limit.code is ReasonCode.ENDPOINT_FULL else None
        return roomier or _ended(rollout, limit, now)
    quota = None if by_operator(rollout) else over_quota(observation.quota)
    return None if quota is None else _awaited_once(rollout, quota, now, ReasonCode.WAITING_FOR_QUOTA)


def _name_taken(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Return the refusal if green's name is taken, or the wait while the deployment with that name is being changed.

    None if the name is free, or if the deployment that has it runs this version and is ready: an operator can roll it
    out.
    """
    there = endpoint.deployments.get(rollout.green)
    if there is None:
        return None
    if not rollout.model.named_by(there.model):
        name = reason(ReasonCode.DEPLOYMENT_NAME_TAKEN, deployment=rollout.green, model=there.model)
        return _ended(rollout, name, now)
    if there.state in CHANGING:
        return Decision(rollout)
    broken = reason(ReasonCode.DEPLOYMENT_NAME_TAKEN, deployment=rollout.green, state=there.state.value)
    return _ended(rollout, broken, now) if there.state.broken else None


def _place_beside(rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Take the deployment that has all live traffic as blue."""
    blue = endpoint.serving()
    if blue is None or endpoint.traffic != {blue: 100}:
        split = reason(ReasonCode.TRAFFIC_ALREADY_SPLIT, observed_traffic=dict(endpoint.traffic))
        return _ended(rollout, split, now)
    if endpoint.broken(blue) and not by_operator(rollout):
        state = endpoint.deployments[blue].state if blue in endpoint.deployments else Provisioning.DELETING
        return _ended(rollout, reason(ReasonCode.BLUE_BROKEN_AT_START, deployment=blue, state=state.value), now)
    if (failing := _with_failing_blue(rollout, blue, observation, now)) is not None:
        return failing
    placed = replace(
        rollout.with_traffic(expected=(endpoint.traffic,), edited=None),
        placement=Beside(blue, instances=endpoint.instances(blue)),
    )
    creating = reason(_begun(rollout, endpoint, ReasonCode.CREATING_GREEN), deployment=rollout.green, other=blue)
    return history.noted(placed, _with_quota_problem(creating, observation), now)


def _begun(rollout: Rollout, endpoint: EndpointSeen, creating: ReasonCode) -> ReasonCode:
    """Return how the rollout begins: by creating green, or with the deployment that is already there."""
    return ReasonCode.GREEN_FOUND if rollout.green in endpoint.deployments else creating


def _with_failing_blue(rollout: Rollout, blue: str, observation: Observation, now: datetime) -> Decision | None:
    """Wait for a blue to recover whose requests mostly fail, unless green may be the fix; None if blue is healthy."""
    failing = blue_failing(blue, observation)
    if failing is None or by_operator(rollout) or rollout.policy.judge.failing_blue == "replace":
        return None
    return _awaited_once(rollout, failing, now, ReasonCode.WAITING_FOR_BLUE)


def _awaited_once(rollout: Rollout, why: Reason, now: datetime, code: ReasonCode) -> Decision:
    """Wait as `awaited` does, but note it only once, although the counts in the reason change."""
    waiting = rollout.status.reason
    if waiting.code is code and waiting.because is not None:
        why = replace(why, facts=waiting.because.facts)
    return awaited(rollout, why, now, code)


def _place_first(rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Place green as the first deployment with live traffic, after its smoke test. It needs something to copy from."""
    if endpoint.state.broken:
        return _ended(rollout, reason(ReasonCode.ENDPOINT_UNHEALTHY, state=endpoint.state.value), now)
    others = [name for name in endpoint.deployments if name != rollout.green]
    if any(endpoint.deployments[name].state in CHANGING for name in others):
        return Decision(rollout)  # someone is about to make it serve
    if isinstance(rollout.policy.source, LiveSource) and len(others) != 1:
        return awaited(rollout, reason(ReasonCode.NO_DEPLOYMENT_TO_COPY, others=sorted(others)), now)
    first = replace(
        rollout.with_traffic(expected=(endpoint.traffic,), edited=None), placement=First(others[0] if others else None)
    )
    creating = reason(_begun(rollout, endpoint, ReasonCode.CREATING_FIRST_DEPLOYMENT), deployment=rollout.green)
    return history.noted(first, _with_quota_problem(creating, observation), now)


def _with_quota_problem(creating: Reason, observation: Observation) -> Reason:
    """Return the reason; if the quota was not checked, it also says why."""
    problem = observation.quota.problem if observation.quota is not None else ""
    return replace(creating, facts={**creating.facts, "message": problem}) if problem else creating


def _ended(rollout: Rollout, why: Reason, now: datetime) -> Decision:
    return history.moved(rollout.finish(now), Phase.FAILED, why, now)
