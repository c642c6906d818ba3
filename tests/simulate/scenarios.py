"""Scenarios shared by the simulator's tests: small policies and worlds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cli.simulate.curves import Constant
from cli.simulate.profile import Change, Fault, Profile
from cli.simulate.trial import Scenario
from shared.core.gates import ErrorsGate, Gate
from shared.core.judge.verdict import Risk
from shared.core.policy import Deadlines, JudgeSettings, ModelSelector, Policy
from shared.core.steps import PauseStep, SmokeStep, Step, WeightStep

DAY = timedelta(days=1)
BROKEN, FIVE_POINTS = Fault(Change("to", 1.0)), Fault(Change("plus", 0.05))
CANARY: tuple[Step, ...] = (SmokeStep("smoke.jsonl"), WeightStep(10), WeightStep(25), WeightStep(50))


def policy(
    steps: tuple[Step, ...] = CANARY,
    *,
    lag: timedelta = timedelta(minutes=5),
    risk: Risk | None = None,
    patience: timedelta = timedelta(hours=1),
    gates: tuple[Gate, ...] = (ErrorsGate(),),
) -> Policy:
    """Return a policy that calibrates from an hour of history and has ample patience."""
    settings = JudgeSettings(risk=risk or Risk(), telemetry_lag=lag, history=timedelta(hours=1), patience=patience)
    judge = replace(settings, gates=gates)
    return Policy("churn", (ModelSelector("churn-model"),), steps, judge, Deadlines(step=DAY, rollout=2 * DAY))


def scenario(*faults: Fault, rate: float = 1000.0, errors: float = 0.001, of: Policy | None = None) -> Scenario:
    """Return a scenario with constant traffic in which green has these faults."""
    return Scenario(of or policy(), Profile(requests=Constant(rate), errors=Constant(errors), faults=faults))


def paused(step: PauseStep) -> Policy:
    """Return a policy with a pause between its two weights."""
    return policy((WeightStep(10), step, WeightStep(50)))
