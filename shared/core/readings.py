"""Alias of `shared.core.gates.readings`, kept for scripts that use the old name."""

from shared.core.gates.readings import Reading, Thresholds, readings

Lines = Thresholds

__all__ = ["Lines", "Reading", "Thresholds", "readings"]
