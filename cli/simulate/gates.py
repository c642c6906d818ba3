"""Which of a policy's gates simulated traffic provides evidence for. The others are left out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from shared.core.policy import JudgeSettings, Policy
from shared.core.steps import Step, WeightStep
from shared.core.telemetry import Latency

SIMULATED = frozenset({Latency})  # what simulated traffic provides beyond requests and errors


def simulated_policy(policy: Policy) -> Policy:
    """Return the policy with only the gates that simulated traffic provides evidence for; no step waits for others."""
    missing = unsimulated_gates(policy.judge)
    if not missing:
        return policy
    gates = tuple(gate for gate in policy.judge.gates if gate.name not in missing)
    steps = tuple(_without(step, missing) for step in policy.steps)
    return replace(policy, judge=replace(policy.judge, gates=gates), steps=steps)


def unsimulated_gates(settings: JudgeSettings) -> tuple[str, ...]:
    """Return the names of the gates that simulated traffic provides no evidence for."""
    return tuple(gate.name for gate in settings.gates if {type(need) for need in gate.needs(settings)} - SIMULATED)


def latency_source(settings: JudgeSettings) -> str | None:
    """Return the name of the source that the policy reads latency from, or None if none of its gates needs it."""
    needs = (need for gate in settings.gates for need in gate.needs(settings))
    return next((need.source for need in needs if isinstance(need, Latency)), None)


def _without(step: Step, missing: Collection[str]) -> Step:
    if not isinstance(step, WeightStep) or step.gates is None:
        return step
    return replace(step, gates=tuple(name for name in step.gates if name not in missing))
