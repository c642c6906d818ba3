"""From an accepted rollout to a green that is ready: which deployment is blue, and is green ready."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.observation.observation import EndpointSeen, Observation, Provisioning
from shared.core.phases import Phase
from shared.core.policy.policy import LiveSource
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.parts import Beside, First
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import ModelVersion, Rollout
from shared.core.steps.smoke import log_lines


def provision(rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return what follows while green is being created."""
    if rollout.placement is None:
        return _place(rollout, endpoint, now)
    green = endpoint.deployments.get(rollout.green)
    if green is None:
        return Decision(rollout)
    if green.state in {Provisioning.FAILED, Provisioning.CANCELED}:
        failed = reason(
            ReasonCode.PROVISIONING_FAILED,
            deployment=rollout.green,
            state=green.state.value,
            log_lines=log_lines(observation.logs),
        )
        return history.moved(rollout, Phase.ROLLING_BACK, failed, now)
    if green.state is not Provisioning.SUCCEEDED:
        return Decision(rollout)
    ready = reason(ReasonCode.GREEN_READY, deployment=rollout.green)
    if rollout.blue:
        ready.facts["other"] = rollout.blue
    return history.moved(rollout.with_progress(since=now), Phase.STEPPING, ready, now)


def _place(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Settle what green is deployed next to; what an operator must fix first ends the rollout."""
    if endpoint.busy:
        return Decision(rollout)  # the traffic may be about to change
    if endpoint.kubernetes and not all(step.supported_on_kubernetes for step in rollout.policy.steps):
        return _ended(rollout, reason(ReasonCode.MIRROR_UNSUPPORTED), now)
    taken = endpoint.deployments.get(rollout.green)
    if taken is not None and not is_of(taken.model, rollout.model):
        return _ended(
            rollout, reason(ReasonCode.DEPLOYMENT_NAME_TAKEN, deployment=rollout.green, model=taken.model), now
        )
    return _place_first(rollout, endpoint, now) if not endpoint.traffic else _place_beside(rollout, endpoint, now)


def _place_beside(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Take the deployment that has all live traffic as blue."""
    blue = endpoint.serving()
    if blue is None or endpoint.traffic != {blue: 100}:
        split = reason(ReasonCode.TRAFFIC_ALREADY_SPLIT, observed_traffic=dict(endpoint.traffic))
        return _ended(rollout, split, now)
    if is_of(endpoint.deployments[blue].model if blue in endpoint.deployments else "", rollout.model):
        serving = reason(ReasonCode.ALREADY_SERVING, deployment=blue, model=str(rollout.model))
        return history.moved(rollout.finish(now), Phase.SUPERSEDED, serving, now)
    placed = replace(
        rollout.with_traffic(expected=(endpoint.traffic,)), placement=Beside(blue, instances=endpoint.instances(blue))
    )
    return history.noted(placed, reason(ReasonCode.CREATING_GREEN, deployment=rollout.green, other=blue), now)


def _place_first(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Nothing has live traffic: green will be the first, after its smoke test. It needs something to be copied from."""
    if endpoint.state.broken:
        return _ended(rollout, reason(ReasonCode.ENDPOINT_UNHEALTHY, state=endpoint.state.value), now)
    others = [name for name in endpoint.deployments if name != rollout.green]
    if isinstance(rollout.policy.source, LiveSource) and len(others) != 1:
        return _ended(rollout, reason(ReasonCode.NO_DEPLOYMENT_TO_COPY, others=sorted(others)), now)
    first = replace(rollout.with_traffic(expected=(endpoint.traffic,)), placement=First(others[0] if others else None))
    return history.noted(first, reason(ReasonCode.CREATING_FIRST_DEPLOYMENT, deployment=rollout.green), now)


def _ended(rollout: Rollout, why: Reason, now: datetime) -> Decision:
    return history.moved(rollout.finish(now), Phase.FAILED, why, now)


def is_of(reference: str, model: ModelVersion) -> bool:
    """Return whether a reference, `azureml:name:version` or an ARM or registry id, names this model version."""
    parts = reference.replace("azureml:", "", 1).rstrip("/")
    return parts == str(model) or parts.lower().endswith(f"/models/{model.name}/versions/{model.version}".lower())
