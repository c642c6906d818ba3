"""From an accepted rollout to a green that stands: who is blue, is green ready. It must never touch blue."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.observation.observation import EndpointSeen, Observation, Provisioning
from shared.core.phases import Phase
from shared.core.policy.policy import LiveSource, MirrorStep
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.record import ModelVersion, Rollout
from shared.core.steps.stepping import with_logs


def provision(rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return what follows while green is being made."""
    if not rollout.placed:
        return _place(rollout, endpoint, now)
    green = endpoint.deployments.get(rollout.green)
    if green is None:
        return Decision(rollout)
    if green.state in {Provisioning.FAILED, Provisioning.CANCELED}:
        words = with_logs(f"{rollout.green} did not become ready: Azure says {green.state}", observation.logs)
        return history.moved(rollout, Phase.ROLLING_BACK, words, now)
    if green.state is not Provisioning.SUCCEEDED:
        return Decision(rollout)
    ready = replace(rollout, step_since=now)
    beside = f" beside {rollout.blue}" if rollout.blue else ""
    return history.moved(ready, Phase.STEPPING, f"{rollout.green} is ready{beside}", now)


def _place(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Settle what green stands beside; what a person must put right first ends the rollout."""
    if endpoint.busy:
        return Decision(rollout)  # the traffic may be about to change
    if endpoint.kubernetes and any(isinstance(step, MirrorStep) for step in rollout.policy.steps):
        return _needs_person(rollout, "the policy mirrors traffic, and Kubernetes online endpoints cannot", now)
    taken = endpoint.deployments.get(rollout.green)
    if taken is not None and not is_of(taken.model, rollout.model):
        words = f"a deployment {rollout.green} with another model ({taken.model or 'none'}) is there already"
        return _needs_person(rollout, words, now)
    return _place_first(rollout, endpoint, now) if not endpoint.traffic else _place_beside(rollout, endpoint, now)


def _place_beside(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Take the deployment that has all live traffic as blue."""
    blue = endpoint.serving()
    if blue is None or endpoint.traffic != {blue: 100}:
        shares = ", ".join(f"{name} {share} %" for name, share in sorted(endpoint.traffic.items()))
        words = f"one deployment must have all live traffic before a rollout, but it goes to {shares}"
        return _needs_person(rollout, words, now)
    if is_of(endpoint.deployments[blue].model if blue in endpoint.deployments else "", rollout.model):
        return history.after(
            history.moved(rollout, Phase.SUPERSEDED, f"{blue} serves {rollout.model} already", now), finished=now
        )
    placed = replace(
        rollout, blue=blue, like=blue, blue_instances=endpoint.instances(blue), expected=(endpoint.traffic,)
    )
    return history.noted(placed, f"{blue} serves; creating {rollout.green} beside it without traffic", now)


def _place_first(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Nothing has live traffic: green will be the first, after its smoke test. It needs something to be made like."""
    if endpoint.state.broken:
        return _needs_person(rollout, f"the endpoint {endpoint.name} is {endpoint.state} and serves nothing", now)
    others = [name for name in endpoint.deployments if name != rollout.green]
    if isinstance(rollout.policy.source, LiveSource) and len(others) != 1:
        there = f"there are {', '.join(others)}" if others else "there is none"
        words = f"nothing serves, and {there}: `from: live` needs one deployment to copy. Give a template"
        return _needs_person(rollout, words, now)
    first = replace(rollout, first=True, like=others[0] if others else None, expected=(endpoint.traffic,))
    return history.noted(first, f"no deployment has live traffic; creating {rollout.green} as the first", now)


def _needs_person(rollout: Rollout, words: str, now: datetime) -> Decision:
    return history.after(history.moved(rollout, Phase.FAILED, words, now), finished=now)


def is_of(reference: str, model: ModelVersion) -> bool:
    """Say whether a reference, `azureml:name:version` or an ARM or registry id, names this model version."""
    parts = reference.replace("azureml:", "", 1).rstrip("/")
    return parts == str(model) or parts.lower().endswith(f"/models/{model.name}/versions/{model.version}".lower())
