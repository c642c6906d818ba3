"""Which gates of a policy a profile can give evidence to. The others take no part, as where a source tells nothing.

It must never change what a gate that takes part is set to.
"""

from __future__ import annotations

from dataclasses import replace

from shared.core.gates import ClientErrorsGate, ErrorsGate, Gate, LatencyGate
from shared.core.policy import JudgeSettings, Source


def judged_here(settings: JudgeSettings) -> JudgeSettings:
    """Return the settings with the gates alone that made-up traffic says something of."""
    return replace(settings, gates=tuple(gate for gate in settings.gates if _told(gate)))


def silent(settings: JudgeSettings) -> tuple[str, ...]:
    """Return the names of the gates that made-up traffic says nothing of."""
    return tuple(gate.name for gate in settings.gates if not _told(gate))


def latency_source(settings: JudgeSettings) -> Source | None:
    """Return where the policy has latency from; None if none of its gates asks for it."""
    return settings.latency_from if any(isinstance(gate, LatencyGate) for gate in settings.gates) else None


def _told(gate: Gate) -> bool:
    return isinstance(gate, ErrorsGate | ClientErrorsGate | LatencyGate)
