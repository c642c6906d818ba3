"""What is judged. One kind of gate per recipe, and how each is calibrated, sampled and reported."""

from __future__ import annotations

from shared.core.gates.recipes import (
    DISAGREEMENT,
    ClientErrorsGate,
    DisagreementGate,
    ErrorsGate,
    Gate,
    LatencyGate,
    LatencyLimit,
    PredictionReading,
    PredictionsGate,
    QueryGate,
    Role,
)

__all__ = [
    "DISAGREEMENT",
    "ClientErrorsGate",
    "DisagreementGate",
    "ErrorsGate",
    "Gate",
    "LatencyGate",
    "LatencyLimit",
    "PredictionReading",
    "PredictionsGate",
    "QueryGate",
    "Role",
]
