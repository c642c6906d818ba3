"""Rollouts and observations for the decision tests: a plain one of each, which the rows of the tables change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.core.gates.calibration import Calibration
from shared.core.gates.errors import Failed
from shared.core.gates.samples import GateSamples
from shared.core.judge.panel import Panel
from shared.core.judge.verdict import Cause, Outcome, Verdict
from shared.core.observation import DeploymentSeen, EndpointSeen, Observation, Provisioning
from shared.core.phases import Phase
from shared.core.policy import Deadlines, JudgeSettings, ModelSelector, Policy
from shared.core.rollout import (
    Beside,
    Judging,
    ModelVersion,
    Observed,
    OperatorRequest,
    Orders,
    Progress,
    Refusal,
    Rollout,
    Status,
    TrafficPlan,
    Verb,
)
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.refusal import ActionKind
from shared.core.steps import PauseStep, SmokeStep, WeightStep
from tests.core.changes import changed

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BLUE, GREEN, OTHER = "churn-6", "churn-7", "by-hand"
ALL_BLUE, TEN, ALL_GREEN = {BLUE: 100}, {GREEN: 10, BLUE: 90}, {GREEN: 100}
SMOKE, FIRST, PAUSE, LAST = 0, 1, 2, 3
POLICY = Policy(
    endpoint="churn",
    models=(ModelSelector("churn"),),
    steps=(SmokeStep("smoke.jsonl"), WeightStep(10), PauseStep(HOUR), WeightStep(50)),
    judge=JudgeSettings(patience=HOUR),
    deadlines=Deadlines(provisioning=45 * MINUTE, step=2 * HOUR, rollback=HOUR, rollout=24 * HOUR),
)
REGISTERED = reason(ReasonCode.ROLLOUT_STARTED, model="churn:7")
STEP_OF = {Phase.STEPPING: FIRST, Phase.PAUSED: PAUSE, Phase.PROMOTING: 4, Phase.PROMOTED: 4, Phase.ROLLING_BACK: FIRST}
WEIGHT_OF = {Phase.STEPPING: 10, Phase.PAUSED: 10, Phase.PROMOTING: 100, Phase.PROMOTED: 100}


def rollout(phase: Phase, **changes: object) -> Rollout:
    """Return a rollout of churn:7 that has been in this phase for a minute, with nothing unusual."""
    weight = WEIGHT_OF.get(phase, 0)
    plain = Rollout(
        id="churn-7-abcdef",
        endpoint=POLICY.endpoint_id,
        model=ModelVersion("churn", "7"),
        policy=POLICY,
        green=GREEN,
        created=NOW - 10 * MINUTE,
        trigger=REGISTERED,
        status=Status(phase=phase, started=NOW - 10 * MINUTE, since=NOW - MINUTE, reason=REGISTERED),
        placement=Beside(BLUE),
        progress=Progress(step=STEP_OF.get(phase, SMOKE), since=NOW - MINUTE, in_pause_step=phase is Phase.PAUSED),
        traffic=TrafficPlan(weight=weight),
        orders=Orders(created=NOW - HOUR),
        observed=Observed(last=NOW - MINUTE),
        judging=Judging(calibration=Calibration(Panel(), (GateSamples((Failed(),), Failed()),))),
    )
    steady = plain.with_traffic(expected=(plain.wanted_traffic,), steady_since=NOW - MINUTE if weight else None)
    return changed(steady, **changes)


def endpoint(traffic: dict[str, int], state: str = "Succeeded", **states: str) -> EndpointSeen:
    """Return the endpoint with blue, green and a third deployment; blue=, green=, other= set a state, "" removes it."""
    names = {"blue": (BLUE, "6"), "green": (GREEN, "7"), "other": (OTHER, "5")}
    deployments = {
        name: DeploymentSeen(
            name, Provisioning(states.get(role, "Succeeded")), f"azureml:churn:{version}", by_teal=True
        )
        for role, (name, version) in names.items()
        if states.get(role, "Succeeded")
    }
    return EndpointSeen("churn", Provisioning(state), traffic=traffic, deployments=deployments)


def seen(traffic: dict[str, int], state: str = "Succeeded", **states: str) -> Observation:
    """Return an observation of such an endpoint and of nothing else."""
    return Observation(endpoint(traffic, state, **states))


CAUSES = {Outcome.PASS: Cause.CERTIFIED, Outcome.FAIL: Cause.HARM, Outcome.INCONCLUSIVE: Cause.UNCERTIFIED}


def request(verb: Verb) -> OperatorRequest:
    """Return a request by Ada."""
    return OperatorRequest(verb, "ada", "because", NOW)


def refusal(words: str = "OutOfQuota") -> Refusal:
    """Return a refusal by Azure."""
    return Refusal(ActionKind.SET_TRAFFIC, "", words, NOW)


def verdict(outcome: Outcome, log_harm: float = 0.0) -> Verdict:
    """Return a verdict with this outcome."""
    return Verdict(outcome, CAUSES[outcome], "errors", log_harm, 4.6, 3.0, 3, log_harm > 0)
