"""Alias of `shared.core.gates.samples`, kept for scripts that use the old name."""

from shared.core.gates.samples import GateSamples, gate_minute

__all__ = ["GateSamples", "gate_minute"]
