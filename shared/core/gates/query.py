"""The query gate: what a query of the user's counts as bad, of what it counts in total."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from shared.core.gates.gate import Calibrated, Gate, Role, SourceChoice, Terms
from shared.core.gates.measured import Measured
from shared.core.gates.past import Past
from shared.core.gates.relative import relative_to_blue
from shared.core.gates.samples import NOTHING, CountSample, Pair, Sample
from shared.core.observation.observation import DeploymentMinute
from shared.core.telemetry.needs import Tallies


@dataclass(frozen=True, slots=True)
class Counted(CountSample):
    """What was counted for the gate of this name."""

    gate: str
    kind: Literal["counted"] = "counted"

    def counts(self, row: DeploymentMinute, *, green: bool) -> tuple[Pair]:
        """Return what was counted as bad and in total; 0 of 0 where nothing was."""
        del green
        tally = row.tallies.get(self.gate)
        return (NOTHING if tally is None else (tally.bad, tally.total),)

    def measured(self, item: int) -> Measured:
        """Return that it is a query's own count."""
        del item
        return Measured(what="query_count")


@dataclass(frozen=True, slots=True)
class QueryGate(Gate):
    """What a query counts as bad is no larger a share of its total than blue's.

    query: path of a KQL file next to the policy. at_most: also an absolute limit of that share. budget: D of its
    certificate, a probability over all traffic (None: the policy's).
    """

    name: str = field()  # without `field` the inherited property would be its default
    query: str
    role: Role = "non_blocking"
    weight: float = 1.0
    at_most: float | None = None
    budget: float | None = None
    kind: Literal["query"] = "query"
    samples: ClassVar[tuple[type[Sample], ...]] = (Counted,)

    def needs(self, sources: SourceChoice) -> tuple[Tallies]:
        """Return that its query is to be run."""
        del sources
        return (Tallies(self.name, self.query),)

    def calibrate(self, past: Past, terms: Terms) -> Calibrated:
        """Return how it is judged: against blue, and by its limit."""
        own = terms if self.budget is None else terms._replace(budget=self.budget)
        return relative_to_blue(self, Counted(self.name), past, own, self.at_most)
