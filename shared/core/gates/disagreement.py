"""The disagreement gate: how often green answers a mirrored request differently from blue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from shared.core.gates.fields import prediction_at, share_of_risk, uncertified, with_reading
from shared.core.gates.gate import Calibrated, Gate, Role, SourceChoice, Terms
from shared.core.gates.measured import Measured
from shared.core.gates.past import Past
from shared.core.gates.samples import NOTHING, CountSample, GateSamples, Pair, Sample
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.measure import Measure
from shared.core.judge.odds import Null
from shared.core.observation.observation import DeploymentMinute
from shared.core.schema.findings import Part
from shared.core.schema.grammar import Field, Table
from shared.core.schema.kinds import between, number
from shared.core.telemetry.needs import Disagreements
from shared.core.telemetry.predictions import PredictionReading

DISAGREEMENT = "disagreement"


@dataclass(frozen=True, slots=True)
class Disagreed(CountSample):
    """Mirrored requests that green answered differently from blue, out of all that both answered."""

    kind: Literal["disagreed"] = "disagreed"

    def counts(self, row: DeploymentMinute, *, green: bool) -> tuple[Pair]:
        """Return the number of pairs that differ and of all pairs, from green's minute; 0 of 0 if there are none."""
        del green
        tally = row.tallies.get(DISAGREEMENT)
        return (NOTHING if tally is None else (tally.bad, tally.total),)

    def measured(self, item: int) -> Measured:
        """Return what is measured: pairs of answers that differ."""
        del item
        return Measured(what="disagreements")


@dataclass(frozen=True, slots=True)
class DisagreementGate(Gate):
    """How often green answers a mirrored request differently from blue.

    at_most: the share that is allowed. tolerance: how far two numbers may differ and still agree.
    """

    reading: PredictionReading = field(default_factory=PredictionReading)
    at_most: float = 0.05
    tolerance: float = 0.0
    role: Role = "non_blocking"
    weight: float = 1.0
    kind: Literal["disagreement"] = "disagreement"
    samples: ClassVar[tuple[type[Sample], ...]] = (Disagreed,)

    def needs(self, sources: SourceChoice) -> tuple[Disagreements]:
        """Return the telemetry that it needs: pairs of answers."""
        del sources
        return (Disagreements(self.reading, self.tolerance),)

    def recorded(self, row: DeploymentMinute) -> bool:
        """Return whether pairs of answers were compared in the minute."""
        return DISAGREEMENT in row.tallies

    def calibrate(self, past: Past, terms: Terms) -> Calibrated:
        """Return the gate's calibration: by the allowed share, regardless of blue's past."""
        del past, terms
        allowed = Measure(null=Null(0.0, self.at_most), severe=False)
        setting = GateSetting(self.name, critical=False, budget=None, measures=(allowed,), heard=1.0, mirrored=True)
        return Calibrated(setting, GateSamples((Disagreed(),)))

    @classmethod
    def policy_field(cls) -> Field:
        """Return the gate's key in a policy file."""
        fields = (
            uncertified(),
            share_of_risk("1"),
            prediction_at(),
            Field("at_most", between(0, 1, "0.05"), "The share of responses that may differ."),
            Field(
                "tolerance",
                number(0, 999_999_999, "0.01"),
                "How far two numbers may differ and still agree.",
            ),
        )
        table = Table(
            fields, example="{at: /label}", makes=cls, make=lambda values: cls(**with_reading(values)), check=_check
        )
        return Field(
            "disagreement",
            table,
            "How often green answers a mirrored request differently from blue. Needs collected responses and a mirror.",
            default=None,
        )


def _check(disagreement: Part) -> None:
    if not any("mirror" in (step or {}) for step in disagreement.find("steps") or []):
        words = "compares responses to mirrored requests, and no step mirrors; add one, like {mirror: 20}"
        disagreement.add("", words)
