"""The judge's calibration for one rollout, from the policy and blue's past alone; frozen before green's first request.

A gate that cannot be calibrated (no answers to compare latencies with, no predictions) is left out, and its share of
the rollback risk goes to the others. The record says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from shared.core.gates.alarms import Alarms, alarms_of
from shared.core.gates.gate import Calibrated, Gate, NothingToCompare, SourceChoice, Terms
from shared.core.gates.past import Past, past_of
from shared.core.gates.samples import GateSamples
from shared.core.judge import panel
from shared.core.judge.panel import Panel
from shared.core.judge.tuning import TUNED, Tuning

__all__ = ["Calibration", "Past", "Settings", "calibrate", "past_of"]


@dataclass(frozen=True, slots=True)
class Calibration:
    """The judge's settings, what each gate of the panel takes from a minute, and the gates left out, with reasons.

    alarms: what counts as an incident; None if nothing does.
    """

    panel: Panel
    samples: tuple[GateSamples, ...]
    unjudged: dict[str, str] = field(default_factory=dict)
    alarms: Alarms | None = None


class Settings(SourceChoice, Protocol):
    """The part of a policy that calibration needs; `JudgeSettings` implements it."""

    @property
    def gates(self) -> Sequence[Gate]:
        """What is judged."""

    @property
    def budget(self) -> float | None:
        """D, the harm allowed over all traffic (a probability), or None to derive it from blue's traffic."""


def calibrate(
    settings: Settings, past: Past, missing: Mapping[str, str] | None = None, tuning: Tuning = TUNED
) -> Calibration:
    """Return the calibration. missing: gates without telemetry, and why.

    Raises ValueError if no gate can roll back; a valid policy has one that can.
    """
    rate = panel.requests_per_minute([row.total if row else 0 for row in past.minutes])
    terms = Terms(panel.default_budget(rate) if settings.budget is None else settings.budget, tuning, settings)
    essential = {gate.name for gate in settings.gates if gate.essential}
    unjudged = {name: why for name, why in (missing or {}).items() if name not in essential}
    found: list[tuple[Gate, Calibrated]] = []
    for gate in settings.gates:
        if gate.name in unjudged:
            continue
        try:
            found.append((gate, gate.calibrate(past, terms)))
        except NothingToCompare as nothing:
            unjudged[gate.name] = str(nothing)
    whole = sum(gate.rollback_weight for gate, _ in found)
    if not whole:
        raise ValueError("no gate can roll back: make the errors gate critical or non_blocking")
    watched = {gate.name: gate.alarm_sample(past) for gate, _ in found if gate.role != "dry_run"}
    counted = {name: sample for name, sample in watched.items() if sample is not None}
    alarms = alarms_of(past, terms.budget, tuning, counted)
    gates = tuple(
        replace(
            setting,
            share=gate.rollback_weight / whole,
            usual_at_most=alarms.failed.limit if gate.essential else 1.0,
            rates=past.rates(samples.samples),
            heard=past.heard(samples.samples[0], gate.recorded) if gate.reported_by_green else setting.heard,
        )
        for gate, (setting, samples) in found
    )
    samples = tuple(samples for _, (_, samples) in found)
    return Calibration(Panel(gates, tuning, rate), samples, unjudged, alarms)
