"""One trial of a policy in a profile's world: everything around the core set up and run.

The same seed and number always go the same way, in whatever order trials are run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from cli.simulate.azure import SimulatedAzure
from cli.simulate.course import Course, course
from cli.simulate.dependencies import SimulatedPeople, Ticks, UsualTiming
from cli.simulate.draws import Draws
from cli.simulate.gates import judged_here, latency_source
from cli.simulate.journey import Journey
from cli.simulate.profile import Profile
from cli.simulate.shares import Shares
from cli.simulate.telemetry import Telemetry
from shared.core.admission import EndpointRecord, Start, admit, deployment_name
from shared.core.observation import DeploymentSeen, EndpointSeen, Provisioning
from shared.core.observation.spans import floor_minute
from shared.core.policy import Policy
from shared.core.rollout import ModelVersion, Rollout
from shared.core.rollout.reasons import ReasonCode, reason

SPREAD_SECONDS = {"hour": 3600, "week": 7 * 86400}


@dataclass(frozen=True, slots=True)
class Scene:
    """What is tried: a policy in a world. smoke_requests: how many each smoke file of the policy holds."""

    policy: Policy
    profile: Profile = field(default_factory=Profile)
    smoke_requests: dict[str, int] = field(default_factory=dict)


def trials(scene: Scene, count: int, seed: int) -> Iterator[Course]:
    """Yield how so many rollouts go, one after another."""
    return (trial(scene, seed, number) for number in range(count))


def trial(scene: Scene, seed: int, number: int) -> Course:
    """Return how the rollout of this number goes."""
    generator = np.random.default_rng([seed, number])
    began = _beginning(scene.profile, generator)
    journey = set_out(scene, generator, began)
    return course(journey, scene.profile, journey.run())


def _beginning(profile: Profile, generator: np.random.Generator) -> datetime:
    """Return when a rollout begins."""
    return profile.start + timedelta(seconds=int(generator.integers(SPREAD_SECONDS[profile.spread])))


def set_out(scene: Scene, generator: np.random.Generator, began: datetime) -> Journey:
    """Return a rollout that is about to begin on an endpoint whose blue has all the traffic."""
    rollout, endpoint = _first_sight(scene, began)
    shares = Shares([began])
    late = scene.profile.telemetry_lag or scene.policy.judge.telemetry_lag
    names, told = (rollout.green, endpoint.serving() or ""), latency_source(scene.policy.judge)
    source = Draws(scene.profile, generator, began, names, told, scene.smoke_requests)
    return Journey(
        rollout=rollout,
        azure=SimulatedAzure(endpoint, rollout.green, UsualTiming(scene.profile), shares, []),
        source=source,
        telemetry=Telemetry(source, shares, late, floor_minute(began)),
        looks=Ticks(),
        people=SimulatedPeople(scene.profile),
    )


def _first_sight(scene: Scene, began: datetime) -> tuple[Rollout, EndpointSeen]:
    """Return the admitted rollout of version 2, and the endpoint on which version 1 serves."""
    name = scene.policy.models[0].name
    start = Start(ModelVersion(name, "2"), judged_here(scene.policy), trigger=reason(ReasonCode.ROLLOUT_SIMULATED))
    rollout = admit(start, EndpointRecord(scene.policy.endpoint), None, None, began).newcomer.rollout
    blue = deployment_name(ModelVersion(name, "1"))
    stands = DeploymentSeen(blue, Provisioning.SUCCEEDED, f"azureml:{name}:1", scene.profile.instances)
    seen = EndpointSeen(rollout.endpoint, Provisioning.SUCCEEDED, {blue: 100}, {}, {blue: stands})
    return rollout, seen
