"""The errors gate: the share of failed requests (5xx, crashes, 408, 429)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from shared.core.gates.fields import limit, role, share_of_risk
from shared.core.gates.gate import Calibrated, Gate, Role, Terms
from shared.core.gates.measured import Measured
from shared.core.gates.past import Past
from shared.core.gates.relative import relative_to_blue
from shared.core.gates.samples import CountSample, Pair, Sample
from shared.core.observation.observation import DeploymentMinute
from shared.core.schema.grammar import Field, Table

WHY_NOT = "this gate must be able to roll back: a green that fails every request is invisible to the others"


@dataclass(frozen=True, slots=True)
class Failed(CountSample):
    """Failed requests, out of all requests."""

    kind: Literal["failed"] = "failed"

    def counts(self, row: DeploymentMinute, *, green: bool) -> tuple[Pair]:
        """Return the number of failed requests and of all requests."""
        del green
        return ((row.bad, row.total),)

    def measured(self, item: int) -> Measured:
        """Return what is measured: failed requests."""
        del item
        return Measured(what="failed_requests")


@dataclass(frozen=True, slots=True)
class ErrorsGate(Gate):
    """The share of failed requests is no larger than blue's. at_most: also an absolute limit of that share."""

    role: Role = "critical"
    weight: float = 5.0
    at_most: float | None = None
    kind: Literal["errors"] = "errors"
    samples: ClassVar[tuple[type[Sample], ...]] = (Failed,)
    essential: ClassVar[bool] = True

    def calibrate(self, past: Past, terms: Terms) -> Calibrated:
        """Return the gate's calibration: against blue, and by its absolute limit."""
        return relative_to_blue(self, Failed(), past, terms, self.at_most)

    @classmethod
    def policy_field(cls) -> Field:
        """Return the gate's key in a policy file."""
        fields = (
            role(without="dry_run", hints={"dry_run": WHY_NOT}),
            share_of_risk("5"),
            limit("requests that may fail"),
        )
        table = Table(fields, example="{}", makes=cls)
        return Field(
            "errors",
            table,
            "The share of failed requests: 5xx, 408 and 429, from the platform or the model, and crashes.",
        )
