"""One trial: a policy's rollout in a profile's world.

The same seed and number always give the same rollout, regardless of the order of trials.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from cli.simulate.azure import SimulatedAzure
from cli.simulate.environment import ProfileOperators, ProfileTiming, Ticks
from cli.simulate.gates import latency_source, simulated_policy
from cli.simulate.instances import InstanceLog
from cli.simulate.profile import Profile
from cli.simulate.result import RunResult, result_of
from cli.simulate.run import RolloutRun
from cli.simulate.shares import Shares
from cli.simulate.simulated_traffic import SimulatedTraffic
from cli.simulate.telemetry import Telemetry
from shared.core.admission import EndpointRecord, Start, admit, deployment_name
from shared.core.observation import DeploymentSeen, EndpointSeen, Provisioning
from shared.core.observation.spans import floor_minute
from shared.core.policy import Policy
from shared.core.rollout import ModelVersion, Rollout
from shared.core.rollout.reasons import ReasonCode, reason

SPREAD_SECONDS = {"hour": 3600, "week": 7 * 86400}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A policy and the world to try it in. smoke_requests: the number of requests in each smoke file of the policy."""

    policy: Policy
    profile: Profile = field(default_factory=Profile)
    smoke_requests: dict[str, int] = field(default_factory=dict)


def trials(scenario: Scenario, count: int, seed: int) -> Iterator[RunResult]:
    """Yield the results of trials 0 to count - 1, one after another."""
    return (trial(scenario, seed, number) for number in range(count))


def trial(scenario: Scenario, seed: int, number: int) -> RunResult:
    """Return the result of one trial."""
    run = prepare(scenario, seed, number)
    return result_of(run, scenario.profile, run.run())


def prepare(scenario: Scenario, seed: int, number: int) -> RolloutRun:
    """Return the rollout of one trial before its first reconcile."""
    generator = np.random.default_rng([seed, number])
    profile = scenario.profile
    began = profile.start + timedelta(seconds=int(generator.integers(SPREAD_SECONDS[profile.spread])))
    return begin(scenario, generator, began)


def begin(scenario: Scenario, generator: np.random.Generator, began: datetime) -> RolloutRun:
    """Return a rollout that is about to start, on an endpoint where blue has all the traffic."""
    rollout, endpoint = _initial(scenario, began)
    shares = Shares([began])
    lag = scenario.profile.telemetry_lag or scenario.policy.judge.telemetry_lag
    names, timed_by = (rollout.green, endpoint.serving() or ""), latency_source(scenario.policy.judge)
    source = SimulatedTraffic(scenario.profile, generator, began, names, timed_by, scenario.smoke_requests)
    instances = InstanceLog({name: [(began, seen.instances or 0)] for name, seen in endpoint.deployments.items()})
    return RolloutRun(
        rollout=rollout,
        azure=SimulatedAzure(endpoint, rollout.green, ProfileTiming(scenario.profile), shares, instances),
        telemetry=Telemetry(source, shares, lag, floor_minute(began)),
        schedule=Ticks(),
        operators=ProfileOperators(scenario.profile),
    )


def _initial(scenario: Scenario, began: datetime) -> tuple[Rollout, EndpointSeen]:
    """Return the admitted rollout of version 2, and the endpoint on which version 1 serves."""
    name = scenario.policy.models[0].name
    start = Start(ModelVersion(name, "2"), simulated_policy(scenario.policy), reason(ReasonCode.ROLLOUT_SIMULATED))
    rollout = admit(start, EndpointRecord(scenario.policy.endpoint_id), None, None, began).newcomer.rollout
    blue = deployment_name(ModelVersion(name, "1"))
    serving = DeploymentSeen(blue, Provisioning.SUCCEEDED, f"azureml:{name}:1", scenario.profile.instances)
    seen = EndpointSeen(rollout.endpoint.name, Provisioning.SUCCEEDED, {blue: 100}, {}, {blue: serving})
    return rollout, seen
