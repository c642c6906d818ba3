"""Which gates of a policy a profile can give evidence to. The others take no part, as where a source tells nothing.

It must never change what a gate that takes part is set to.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from shared.core.gates import ClientErrorsGate, ErrorsGate, Gate, LatencyGate
from shared.core.policy import JudgeSettings, Policy, Source
from shared.core.steps import Step, WeightStep


def judged_here(policy: Policy) -> Policy:
    """Return the policy with the gates alone that made-up traffic says something of; no step waits for another."""
    unheard = silent(policy.judge)
    if not unheard:
        return policy
    gates = tuple(gate for gate in policy.judge.gates if gate.name not in unheard)
    steps = tuple(_without(step, unheard) for step in policy.steps)
    return replace(policy, judge=replace(policy.judge, gates=gates), steps=steps)


def silent(settings: JudgeSettings) -> tuple[str, ...]:
    """Return the names of the gates that made-up traffic says nothing of."""
    return tuple(gate.name for gate in settings.gates if not _told(gate))


def latency_source(settings: JudgeSettings) -> Source | None:
    """Return where the policy has latency from; None if none of its gates asks for it."""
    return settings.latency_from if any(isinstance(gate, LatencyGate) for gate in settings.gates) else None


def _told(gate: Gate) -> bool:
    return isinstance(gate, ErrorsGate | ClientErrorsGate | LatencyGate)


def _without(step: Step, unheard: Collection[str]) -> Step:
    if not isinstance(step, WeightStep) or step.gates is None:
        return step
    return replace(step, gates=tuple(name for name in step.gates if name not in unheard))
