"""What a policy has judged, in words: each gate with its role and its part of the risk. Pure; it must never judge."""

from __future__ import annotations

from datetime import timedelta

from cli.policy.wording import listed, share
from shared.core.gates import (
    ClientErrorsGate,
    DisagreementGate,
    ErrorsGate,
    Gate,
    LatencyGate,
    PredictionReading,
    PredictionsGate,
    QueryGate,
)
from shared.core.policy import JudgeSettings, Source
from shared.core.schema.times import spell

SOURCES: dict[Source, str] = {"logs": "the request log", "metrics": "the platform's metrics"}
NEED_ANSWERS = (PredictionsGate, DisagreementGate)


def sources(settings: JudgeSettings) -> str:
    """Return where the facts come from, and how old they are."""
    errors, latency = SOURCES[settings.errors_from], SOURCES[settings.latency_from]
    timed = any(isinstance(gate, LatencyGate) for gate in settings.gates)
    known = f"requests and errors by {errors}" + (f", latency by {latency}" if timed and latency != errors else "")
    collected = any(isinstance(gate, NEED_ANSWERS) for gate in settings.gates)
    answers = ", predictions by the answers that the deployments collect" if collected else ""
    once = "; a request that its caller tried again counts once" if settings.retries == "once" else ""
    return f"Judged minute by minute, each when it is {spell(settings.telemetry_lag)} old: {known}{answers}{once}."


def judged(settings: JudgeSettings) -> list[str]:
    """Return a sentence for each gate, in the order of the policy."""
    whole = sum(gate.weight for gate in settings.gates if gate.role != "dry_run")
    return [f"{gate.name}: {_about(gate)}. {_does(gate, settings, whole)}" for gate in settings.gates]


def certified(settings: JudgeSettings, gates: tuple[str, ...] | None) -> list[str]:
    """Return the gates whose certificates a step needs. gates: as the step has them."""
    return [gate.name for gate in settings.gates if gate.role == "critical"] if gates is None else list(gates)


def _does(gate: Gate, settings: JudgeSettings, whole: float) -> str:
    """Return what the gate's evidence may do. whole: the weights of all gates that can roll back."""
    if gate.role == "dry_run":
        return "Informative: shown, and moves nothing."
    risk = gate.weight / whole
    odds = f"{1 / (settings.risk.rollback * risk):,.0f} to 1"
    waits = "steps wait for its certificate" if gate.role == "critical" else "steps wait for it only where they name it"
    part = f"{gate.role.capitalize().replace('_', '-')}, with {share(risk)} of the rollback risk"
    return f"{part}: rolls back alone at odds of {odds}; {waits}."


def _about(gate: Gate) -> str:
    match gate:
        case ErrorsGate():
            return "requests fail (5xx, 424, 408, 429) no more often than blue's" + _limit(gate.at_most)
        case ClientErrorsGate():
            return "requests are refused (other 4xx) no more often than blue's" + _limit(gate.at_most)
        case LatencyGate():
            return _latency(gate)
        case PredictionsGate(reading=reading):
            kind = (
                f"bins with borders {listed([f'{edge:g}' for edge in reading.edges])}" if reading.edges else "classes"
            )
            return f"the predictions{_at(reading)} fall into {kind} as blue's do, give or take {share(gate.shift)}"
        case DisagreementGate():
            near = f" (numbers within {gate.tolerance:g} agree)" if gate.tolerance else ""
            where = _at(gate.reading)
            return (
                f"at most {share(gate.at_most)} of the mirrored requests get another answer{where} than from blue{near}"
            )
        case QueryGate():
            return f"what {gate.query} counts as bad is no more of its total than blue's" + _limit(gate.at_most)


def _limit(at_most: float | None) -> str:
    return "" if at_most is None else f", and at most {share(at_most)} whatever blue does"


def _latency(gate: LatencyGate) -> str:
    spans = [
        f"{limit.percent:g} % within {spell(timedelta(milliseconds=limit.milliseconds))}" for limit in gate.at_most
    ]
    absolute = f", and {listed(spans)} whatever blue does" if spans else ""
    return f"answers take at most {gate.worse_than:g} times as long as blue's{absolute}"


def _at(reading: PredictionReading) -> str:
    return f" at {reading.at}" if reading.at else ""
