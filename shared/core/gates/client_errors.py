"""The client errors gate: the share of requests rejected as client errors (4xx other than 408, 424, 429)."""

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


@dataclass(frozen=True, slots=True)
class Refused(CountSample):
    """Requests rejected as client errors, out of all requests."""

    kind: Literal["refused"] = "refused"

    def counts(self, row: DeploymentMinute, *, green: bool) -> tuple[Pair]:
        """Return the number of rejected requests and of all requests."""
        del green
        return ((row.client_errors, row.total),)

    def measured(self, item: int) -> Measured:
        """Return what is measured: rejected requests."""
        del item
        return Measured(what="rejected_requests")


@dataclass(frozen=True, slots=True)
class ClientErrorsGate(Gate):
    """The share of rejected requests is no larger than blue's. at_most: also an absolute limit of that share."""

    role: Role = "non_blocking"
    weight: float = 1.0
    at_most: float | None = None
    kind: Literal["client_errors"] = "client_errors"
    samples: ClassVar[tuple[type[Sample], ...]] = (Refused,)

    def calibrate(self, past: Past, terms: Terms) -> Calibrated:
        """Return the gate's calibration: against blue, and by its absolute limit."""
        return relative_to_blue(self, Refused(), past, terms, self.at_most)

    @classmethod
    def policy_field(cls) -> Field:
        """Return the gate's key in a policy file."""
        fields = (role(), share_of_risk("1"), limit("requests that may be rejected"))
        table = Table(fields, example="{}", makes=cls)
        return Field(
            "client_errors",
            table,
            "The share of requests rejected as client errors: all other 4xx, from the platform or the model.",
            default=None,
        )
