"""From an accepted rollout to a green that stands: who is blue, is green ready. It must never touch blue."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core import history
from shared.core.history import Decision
from shared.core.observation import EndpointSeen, Observation, Provisioning
from shared.core.phases import Phase
from shared.core.rollout import ModelVersion, Rollout
from shared.core.stepping import with_logs


def provision(rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return what follows while green is being made."""
    if rollout.blue is None:
        return _choose_blue(rollout, endpoint, now)
    green = endpoint.deployments.get(rollout.green)
    if green is None:
        return Decision(rollout)
    if green.state in {Provisioning.FAILED, Provisioning.CANCELED}:
        words = with_logs(f"{rollout.green} did not become ready: Azure says {green.state}", observation.logs)
        return history.moved(rollout, Phase.ROLLING_BACK, words, now)
    if green.state is not Provisioning.SUCCEEDED:
        return Decision(rollout)
    ready = replace(rollout, step_since=now)
    return history.moved(ready, Phase.STEPPING, f"{rollout.green} is ready beside {rollout.blue}", now)


def _choose_blue(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Take the deployment that has all live traffic as blue; anything else a person must put right first."""
    if endpoint.busy:
        return Decision(rollout)  # the traffic may be about to change
    blue = endpoint.serving()
    if blue is None or endpoint.traffic != {blue: 100}:
        shares = ", ".join(f"{name} {share} %" for name, share in sorted(endpoint.traffic.items())) or "nothing"
        words = f"one deployment must have all live traffic before a rollout, but it goes to {shares}"
        return history.after(history.moved(rollout, Phase.FAILED, words, now), finished=now)
    if is_of(endpoint.deployments[blue].model if blue in endpoint.deployments else "", rollout.model):
        return history.after(
            history.moved(rollout, Phase.SUPERSEDED, f"{blue} serves {rollout.model} already", now), finished=now
        )
    taken = endpoint.deployments.get(rollout.green)
    if taken is not None and not is_of(taken.model, rollout.model):
        words = f"a deployment {rollout.green} with another model ({taken.model or 'none'}) is there already"
        return history.after(history.moved(rollout, Phase.FAILED, words, now), finished=now)
    chosen = replace(rollout, blue=blue, expected=(endpoint.traffic,))
    return history.noted(chosen, f"{blue} serves; creating {rollout.green} beside it without traffic", now)


def is_of(reference: str, model: ModelVersion) -> bool:
    """Say whether a reference, `azureml:name:version` or an ARM or registry id, names this model version."""
    parts = reference.replace("azureml:", "", 1).rstrip("/")
    return parts == str(model) or parts.lower().endswith(f"/models/{model.name}/versions/{model.version}".lower())
