"""Which gates of a policy made-up traffic can give evidence to. The others are left out, as if a source were silent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from shared.core.policy import JudgeSettings, Policy
from shared.core.steps import Step, WeightStep
from shared.core.telemetry import Latency

MADE_UP = frozenset({Latency})  # what made-up traffic tells beyond requests and errors


def judged_here(policy: Policy) -> Policy:
    """Return the policy with only the gates that made-up traffic says something of; no step waits for another."""
    unheard = silent(policy.judge)
    if not unheard:
        return policy
    gates = tuple(gate for gate in policy.judge.gates if gate.name not in unheard)
    steps = tuple(_without(step, unheard) for step in policy.steps)
    return replace(policy, judge=replace(policy.judge, gates=gates), steps=steps)


def silent(settings: JudgeSettings) -> tuple[str, ...]:
    """Return the names of the gates that made-up traffic says nothing of."""
    return tuple(gate.name for gate in settings.gates if {type(need) for need in gate.needs(settings)} - MADE_UP)


def latency_source(settings: JudgeSettings) -> str | None:
    """Return the name of the source that latency comes from; None if no gate needs it."""
    needs = (need for gate in settings.gates for need in gate.needs(settings))
    return next((need.source for need in needs if isinstance(need, Latency)), None)


def _without(step: Step, unheard: Collection[str]) -> Step:
    if not isinstance(step, WeightStep) or step.gates is None:
        return step
    return replace(step, gates=tuple(name for name in step.gates if name not in unheard))
