"""Strategies for valid combinations of gates, and their YAML form."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

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
    Role,
)

SHARES = st.floats(1e-6, 0.49).map(lambda share: round(share, 6))
CERTIFIED: tuple[Role, ...] = ("critical", "non_blocking", "dry_run")
ABLE: tuple[Role, ...] = ("critical", "non_blocking")
UNCERTIFIED: tuple[Role, ...] = ("non_blocking", "dry_run")
WEIGHTS = st.floats(0.001, 999).map(lambda weight: round(weight, 3))
LIMITS = st.none() | SHARES
POINTERS = st.sampled_from(["", "/", "/label", "/a~1b/0", "/scores"])


@st.composite
def latencies(draw: st.DrawFn, *, limited: bool) -> LatencyGate:
    """Draw a latency gate; if `limited`, it may have increasing limits."""
    percents = sorted(draw(st.sets(st.sampled_from([50.0, 90.0, 95.0, 99.9]), max_size=4 * limited)))
    spans = sorted(draw(st.lists(st.integers(1, 180_000), min_size=len(percents), max_size=len(percents))))
    limits = tuple(LatencyLimit(percent, float(span)) for percent, span in zip(percents, spans, strict=True))
    return LatencyGate(draw(st.sampled_from(ABLE)), draw(WEIGHTS), round(1 + draw(SHARES), 6), limits)


@st.composite
def gates(draw: st.DrawFn, *, mirrored: bool, limited: bool) -> tuple[Gate, ...]:
    """Draw a valid combination: errors, latency and a query that a step may wait for, and others."""
    edges = tuple(sorted(draw(st.sets(SHARES, max_size=3))))
    certified = st.sampled_from(CERTIFIED)
    uncertified = st.sampled_from(UNCERTIFIED)
    numbers = (WEIGHTS, LIMITS)
    drawn = [
        st.builds(ErrorsGate, st.just("critical"), *numbers),
        st.none() | st.builds(ClientErrorsGate, certified, *numbers),
        latencies(limited=limited),
        st.none() | st.builds(PredictionsGate, st.builds(PredictionReading, POINTERS, st.just(edges)), SHARES),
        st.none()
        | st.builds(
            DisagreementGate, st.builds(PredictionReading, POINTERS), SHARES, st.just(0.0) | SHARES, uncertified
        )
        if mirrored
        else st.none(),
        st.builds(QueryGate, st.just("fraud"), st.just("gates/fraud.kql"), st.sampled_from(ABLE), *numbers, LIMITS),
        st.none() | st.builds(QueryGate, st.just("x-7_y"), st.just("gates/fraud.kql"), certified, *numbers),
    ]
    return tuple(gate for gate in (draw(one) for one in drawn) if gate is not None)


def written_gates(gates: tuple[Gate, ...]) -> dict[str, object]:
    """Return gates as YAML data."""
    queries = [_gate(gate) for gate in gates if isinstance(gate, QueryGate)]
    return {gate.kind: _gate(gate) for gate in gates if not isinstance(gate, QueryGate)} | {"queries": queries}


def _gate(gate: Gate) -> dict[str, object]:
    settings = {key: getattr(gate, key) for key in gate.__slots__ if key not in {"kind", "reading", "at_most"}}
    match gate:
        case LatencyGate():
            limits = {f"p{limit.percent:g}": timedelta(milliseconds=limit.milliseconds) for limit in gate.at_most}
            return settings | {"at_most": limits}
        case PredictionsGate():
            return settings | {"at": gate.reading.at, "bins": list(gate.reading.edges) or None}
        case DisagreementGate():
            return settings | {"at": gate.reading.at, "at_most": gate.at_most}
        case ErrorsGate() | ClientErrorsGate() | QueryGate():
            return settings | {"at_most": gate.at_most}
        case _:
            raise AssertionError(f"nobody writes {gate}")
