"""From an accepted rollout to a green that is ready. `placing` decides what green is deployed next to."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.core.observation.observation import EndpointSeen, Observation, Provisioning
from shared.core.phases import Phase
from shared.core.reconcile.placing import place
from shared.core.reconcile.regrowing import green_regrows
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.steps.smoke import log_lines

LOST = timedelta(minutes=5)  # an old reading may show the endpoint as it was before


def provision(rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return the decision while green is being created."""
    if rollout.placement is None:
        return place(rollout, observation, endpoint, now)
    green = endpoint.deployments.get(rollout.green)
    if green is None:
        return _missing(rollout, now)
    if green.state in {Provisioning.FAILED, Provisioning.CANCELED}:
        failed = reason(
            ReasonCode.PROVISIONING_FAILED,
            deployment=rollout.green,
            state=green.state.value,
            log_lines=log_lines(observation.logs),
        )
        return history.moved(rollout, Phase.ROLLING_BACK, failed, now)
    if green.state is not Provisioning.SUCCEEDED or green_regrows(rollout, endpoint, now):
        return Decision(rollout)
    ready = reason(ReasonCode.GREEN_READY, deployment=rollout.green)
    if rollout.blue:
        ready.facts["other"] = rollout.blue
    begun = rollout.with_progress(since=now).with_observed(green_content=green.content)
    return history.moved(begun, Phase.STEPPING, ready, now)


def _missing(rollout: Rollout, now: datetime) -> Decision:
    """Return the decision while green does not exist: a rollback if it existed, because then someone has deleted it."""
    since = rollout.observed.green_missing_since
    if since is None or now - since < LOST:
        return Decision(rollout)
    return history.moved(rollout, Phase.ROLLING_BACK, reason(ReasonCode.GREEN_LOST, deployment=rollout.green), now)
