"""A recorded rollout decided again, by the core of today and by any policy.

As long as the decisions are those that were recorded, it sees the very counts that were recorded, at the same moments.
From the first other decision on, requests are drawn anew from the rates that were recorded in each minute, since green
then has another share of them. It must never go on past the last recorded minute.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cli.simulate.azure import SimulatedAzure
from cli.simulate.follower import Follower
from cli.simulate.journey import Journey
from cli.simulate.recorded_counts import recorded_source
from cli.simulate.recorded_dependencies import RecordedLooks, RecordedPeople, RecordedTiming
from cli.simulate.recorded_judge import calibration_of
from cli.simulate.recording import Recording
from cli.simulate.shares import Shares
from cli.simulate.telemetry import Telemetry
from shared.core.admission import EndpointRecord, Start, admit
from shared.core.observation import DeploymentSeen, EndpointSeen, Provisioning
from shared.core.observation.spans import floor_minute
from shared.core.policy import Policy
from shared.core.rollout import ModelVersion, Rollout
from shared.core.rollout.history import Entry
from shared.core.rollout.reasons import ReasonCode, reason


@dataclass(slots=True)
class Replay:
    """A recorded rollout about to be decided again."""

    journey: Journey
    follower: Follower


def set_out_again(recording: Recording, policy: Policy, seed: int, number: int) -> Replay:
    """Return the replay of this number; they differ only after a departure from what was recorded."""
    entries: list[Entry] = []
    follower = Follower(recording, entries)
    judge, _ = calibration_of(recording, policy.judge)
    source = recorded_source(recording, follower, np.random.default_rng([seed, number]), judge)
    shares, lag = Shares([recording.began]), policy.judge.telemetry_lag
    journey = Journey(
        rollout=_admitted(recording, policy),
        azure=SimulatedAzure(_seen(recording), recording.record.green, RecordedTiming(recording, follower), shares, []),
        source=source,
        telemetry=Telemetry(source, shares, lag, floor_minute(recording.began)),
        looks=RecordedLooks(recording, follower, lag),
        people=RecordedPeople(follower),
        entries=entries,
    )
    return Replay(journey, follower)


def _admitted(recording: Recording, policy: Policy) -> Rollout:
    start = Start(
        ModelVersion(recording.record.model, recording.record.version),
        policy,
        trigger=reason(ReasonCode.ROLLOUT_SIMULATED),
    )
    new = admit(start, EndpointRecord(policy.endpoint), None, None, recording.began).newcomer.rollout
    return replace(new, green=recording.record.green)


def _seen(recording: Recording) -> EndpointSeen:
    blue = DeploymentSeen(recording.blue, Provisioning.SUCCEEDED, "azureml:as-recorded:0")
    name = recording.blue
    return EndpointSeen(recording.record.endpoint, Provisioning.SUCCEEDED, {name: 100}, {}, {name: blue})
