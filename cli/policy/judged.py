"""What a policy judges, in words: the telemetry sources, and each gate with its role and share of the risk."""

from __future__ import annotations

from cli.policy.wording import share, span
from shared.core.gates import Gate
from shared.core.policy import JudgeSettings
from shared.core.telemetry import Requests, source_kind
from shared.words.gates import requirement


def sources(settings: JudgeSettings) -> str:
    """Return the telemetry sources and how old their data is."""
    requests = Requests(settings.errors_from)
    apart = [need for gate in settings.gates for need in gate.needs(settings) if need.source != requests.source]
    subjects = {need.subject: source_kind(need.source).title for need in (requests, *apart)}
    known = ", ".join(f"{subject} from {title}" for subject, title in subjects.items())
    once = "; a request that its caller retried counts once" if settings.retries == "once" else ""
    return f"Judged minute by minute, each when it is {span(settings.telemetry_lag)} old: {known}{once}."


def judged(settings: JudgeSettings) -> list[str]:
    """Return a sentence for each gate, in the order of the policy."""
    whole = sum(gate.rollback_weight for gate in settings.gates)
    return [f"{gate.name}: {requirement(gate)}. {_does(gate, settings, whole)}" for gate in settings.gates]


def certified(settings: JudgeSettings, gates: tuple[str, ...] | None) -> list[str]:
    """Return the gates whose certificates a step needs. gates: the step's own setting."""
    return [gate.name for gate in settings.gates if gate.role == "critical"] if gates is None else list(gates)


def _does(gate: Gate, settings: JudgeSettings, whole: float) -> str:
    """Return what the gate's evidence may do. whole: the weights of all gates that can roll back."""
    if not gate.rollback_weight:
        return "Dry run: shown, but decides nothing."
    risk = gate.rollback_weight / whole
    odds = f"{1 / (settings.risk.rollback * risk):,.0f} to 1"
    waits = "steps wait for its certificate" if gate.role == "critical" else "steps wait for it only where they name it"
    part = f"{gate.role.capitalize().replace('_', '-')}, with {share(risk)} of the rollback risk"
    return f"{part}: rolls back alone at odds of {odds}; {waits}."
