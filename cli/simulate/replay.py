"""Replays a recorded rollout with the current core and any policy.

As long as the decisions match the record, the core sees exactly the recorded counts. After the first decision that
differs, green's share of the traffic differs from the record, so requests are drawn at the recorded rates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cli.simulate.azure import SimulatedAzure
from cli.simulate.decision_matching import DecisionMatcher
from cli.simulate.profile import Profile
from cli.simulate.recorded_calibration import calibration_of
from cli.simulate.recorded_environment import RecordedOperators, RecordedReconciles, RecordedTiming
from cli.simulate.recorded_traffic import recorded_traffic
from cli.simulate.recording import Recording
from cli.simulate.result import RunResult, result_of
from cli.simulate.run import RolloutRun
from cli.simulate.shares import Shares
from cli.simulate.telemetry import Telemetry
from shared.core.admission import EndpointRecord, Start, admit
from shared.core.observation import DeploymentSeen, EndpointSeen, Provisioning
from shared.core.observation.spans import floor_minute
from shared.core.policy import Policy
from shared.core.rollout import ModelVersion, Rollout
from shared.core.rollout.history import Entry
from shared.core.rollout.reasons import ReasonCode, reason


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of a replay."""

    run: RolloutRun
    matcher: DecisionMatcher
    result: RunResult


def replay(recording: Recording, policy: Policy, seed: int, number: int) -> Replay:
    """Return replay `number`. Replays of one recording differ only after a departure from the record."""
    entries: list[Entry] = []
    matcher = DecisionMatcher(recording, entries)
    calibration, _ = calibration_of(recording, policy.judge)
    source = recorded_traffic(recording, matcher, np.random.default_rng([seed, number]), calibration)
    shares, lag = Shares([recording.began]), policy.judge.telemetry_lag
    run = RolloutRun(
        rollout=_admitted(recording, policy),
        azure=SimulatedAzure(_endpoint(recording), recording.record.green, RecordedTiming(recording, matcher), shares),
        telemetry=Telemetry(source, shares, lag, floor_minute(recording.began)),
        schedule=RecordedReconciles(recording, matcher, lag),
        operators=RecordedOperators(matcher),
        entries=entries,
    )
    ended = run.run()
    matcher.update(ended)
    return Replay(run, matcher, result_of(run, Profile(), ended))


def _admitted(recording: Recording, policy: Policy) -> Rollout:
    model = ModelVersion(recording.record.model, recording.record.version)
    start = Start(model, policy, reason(ReasonCode.ROLLOUT_SIMULATED))
    new = admit(start, EndpointRecord(policy.endpoint_id), None, None, recording.began).newcomer.rollout
    return replace(new, green=recording.record.green)


def _endpoint(recording: Recording) -> EndpointSeen:
    blue = DeploymentSeen(recording.blue, Provisioning.SUCCEEDED, "azureml:as-recorded:0")
    return EndpointSeen(recording.record.endpoint, Provisioning.SUCCEEDED, {blue.name: 100}, {}, {blue.name: blue})
