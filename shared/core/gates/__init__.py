"""The gates: one module per kind, and the registry in which the engine looks them up."""

from __future__ import annotations

from shared.core.gates.client_errors import ClientErrorsGate
from shared.core.gates.disagreement import DISAGREEMENT, DisagreementGate
from shared.core.gates.errors import ErrorsGate
from shared.core.gates.gate import Gate, Role
from shared.core.gates.latency import LatencyGate, LatencyLimit
from shared.core.gates.measured import Measured
from shared.core.gates.predictions import PredictionsGate
from shared.core.gates.query import QueryGate
from shared.core.gates.registry import GATE_KINDS, SAMPLE_KINDS, register_gate
from shared.core.gates.samples import Sample
from shared.core.telemetry.predictions import PredictionReading

__all__ = [
    "DISAGREEMENT",
    "GATE_KINDS",
    "SAMPLE_KINDS",
    "ClientErrorsGate",
    "DisagreementGate",
    "ErrorsGate",
    "Gate",
    "LatencyGate",
    "LatencyLimit",
    "Measured",
    "PredictionReading",
    "PredictionsGate",
    "QueryGate",
    "Role",
    "Sample",
    "register_gate",
]

register_gate(ErrorsGate, ClientErrorsGate, LatencyGate, PredictionsGate, DisagreementGate, QueryGate)
