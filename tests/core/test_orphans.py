"""Deployments that ended rollouts left behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.observation import DeploymentSeen, EndpointSeen, Provisioning
from shared.core.orphans import Orphan, orphans
from shared.core.phases import Phase
from shared.core.rollout import Rollout
from tests.core.rollouts import rollout

GREEN = rollout(Phase.ROLLED_BACK).green


def ended(phase: Phase) -> Rollout:
    """Return a rollout that has ended and been cleaned up."""
    open_one = rollout(phase)
    return open_one.finish(open_one.status.since + timedelta(minutes=5))


def seen(traffic: dict[str, int], mirror: dict[str, int] | None = None) -> EndpointSeen:
    """Return an endpoint on which green is still deployed."""
    deployments = {name: DeploymentSeen(name, Provisioning.SUCCEEDED, "azureml:m:1") for name in (GREEN, "other")}
    return EndpointSeen("churn", Provisioning.SUCCEEDED, traffic, mirror or {}, deployments)


IDLE = seen({"other": 100})
LEFT = [
    (Phase.ROLLED_BACK, IDLE, 0),
    (Phase.SUPERSEDED, IDLE, 0),
    (Phase.FAILED, seen({"other": 100}, {GREEN: 20}), 20),
]


@pytest.mark.parametrize(("phase", "endpoint", "mirrored"), LEFT)
def test_an_unused_green_of_an_ended_rollout_is_an_orphan(phase: Phase, endpoint: EndpointSeen, mirrored: int) -> None:
    """With the percentage of the requests that is still mirrored to it."""
    left = ended(phase)
    assert orphans([left], endpoint) == (Orphan(GREEN, left.id, phase, mirrored),)


@pytest.mark.parametrize(
    ("newest_first", "endpoint"),
    [
        ([rollout(Phase.ROLLED_BACK)], IDLE),
        ([rollout(Phase.STEPPING)], IDLE),
        ([ended(Phase.PROMOTED)], IDLE),
        ([ended(Phase.ROLLED_BACK)], seen({"other": 95, GREEN: 5})),
        ([ended(Phase.ROLLED_BACK)], replace(IDLE, deployments={})),
        ([rollout(Phase.STEPPING), ended(Phase.ROLLED_BACK)], IDLE),
    ],
    ids=["not cleaned up yet", "open", "promoted", "given traffic", "deleted", "restarted"],
)
def test_a_green_that_is_still_of_use_is_not(newest_first: list[Rollout], endpoint: EndpointSeen) -> None:
    """Somebody still needs it, or it is already gone."""
    assert orphans(newest_first, endpoint) == ()
