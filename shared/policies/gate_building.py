"""From the values of `judge.gates` to the core's gates, in the order in which people read of them. Never a check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from shared.core.gates import (
    ClientErrorsGate,
    DisagreementGate,
    ErrorsGate,
    Gate,
    LatencyGate,
    LatencyLimit,
    PredictionReading,
    PredictionsGate,
    QueryGate,
)
from shared.policies.reading import Values

MILLISECOND = timedelta(milliseconds=1)


def build_gates(gates: Values) -> tuple[Gate, ...]:
    """Return the gates."""
    return tuple(_gates(gates))


def percent(key: str) -> float:
    """Return the per cent of a percentile, such as 99.9 of `p99.9`."""
    return float(key.removeprefix("p"))


def _gates(gates: Values) -> Iterator[Gate]:
    yield ErrorsGate(**gates["errors"])
    if gates["client_errors"] is not None:
        yield ClientErrorsGate(**gates["client_errors"])
    if gates["latency"] is not None:
        yield LatencyGate(**gates["latency"] | {"at_most": _limits(gates["latency"]["at_most"])})
    if gates["predictions"] is not None:
        yield PredictionsGate(**_read(gates["predictions"]))
    if gates["disagreement"] is not None:
        yield DisagreementGate(**_read(gates["disagreement"]))
    for query in gates["queries"]:
        yield QueryGate(**query)


def _limits(at_most: dict[str, timedelta]) -> tuple[LatencyLimit, ...]:
    limits = sorted((percent(key), span / MILLISECOND) for key, span in at_most.items())
    return tuple(LatencyLimit(*limit) for limit in limits)


def _read(gate: Values) -> Values:
    """Return the values with those of the reading as one."""
    rest = {key: value for key, value in gate.items() if key not in {"at", "bins"}}
    return rest | {"reading": PredictionReading(gate["at"], tuple(gate.get("bins", ())))}
