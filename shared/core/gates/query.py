"""The query gate: what a user's own query counts as bad, out of its total."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from shared.core.gates.fields import limit, role, share_of_risk
from shared.core.gates.gate import Calibrated, Gate, Role, SourceChoice, Terms
from shared.core.gates.measured import Measured
from shared.core.gates.past import Past
from shared.core.gates.relative import relative_to_blue
from shared.core.gates.samples import NOTHING, CountSample, Pair, Sample
from shared.core.observation.observation import DeploymentMinute
from shared.core.schema.findings import Part
from shared.core.schema.grammar import Field, Sequence, Table
from shared.core.schema.kinds import between, file
from shared.core.schema.texts import GATE_NAME
from shared.core.telemetry.needs import Tallies

EXAMPLE = "{name: fraud, query: gates/fraud.kql}"


@dataclass(frozen=True, slots=True)
class Counted(CountSample):
    """What the query of the gate with this name counted."""

    gate: str
    kind: Literal["counted"] = "counted"

    def counts(self, row: DeploymentMinute, *, green: bool) -> tuple[Pair]:
        """Return what was counted as bad and in total; 0 of 0 if nothing was."""
        del green
        tally = row.tallies.get(self.gate)
        return (NOTHING if tally is None else (tally.bad, tally.total),)

    def measured(self, item: int) -> Measured:
        """Return what is measured: the query's own count."""
        del item
        return Measured(what="query_count")


@dataclass(frozen=True, slots=True)
class QueryGate(Gate):
    """The share that a query counts as bad is no larger than blue's.

    query: path of a KQL file next to the policy. at_most: an absolute limit for that share as well. budget: D of its
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
    reported_by_green: ClassVar[bool] = True

    def needs(self, sources: SourceChoice) -> tuple[Tallies]:
        """Return the telemetry that it needs: the counts of its query."""
        del sources
        return (Tallies(self.name, self.query),)

    def calibrate(self, past: Past, terms: Terms) -> Calibrated:
        """Return the gate's calibration: against blue, and by its absolute limit."""
        own = terms if self.budget is None else terms._replace(budget=self.budget)
        return relative_to_blue(self, Counted(self.name), past, own, self.at_most)

    @classmethod
    def policy_field(cls) -> Field:
        """Return the gate's key in a policy file."""
        fields = (
            Field("name", GATE_NAME._replace(example="fraud"), "Its name in steps and reports."),
            Field(
                "query",
                file("query", "gates/fraud.kql"),
                "A KQL file in the policies folder that returns `deployment`, `minute`, `bad` and `total`.",
            ),
            role(),
            share_of_risk("1"),
            limit("its total that may be bad"),
            Field(
                "budget",
                between(0, 0.5, "0.005"),
                "Like `judge.budget`, for what this query counts as bad.",
                otherwise="as for errors",
            ),
        )
        table = Table(fields, example=EXAMPLE, makes=cls, check=_check)
        # At most five, since each runs on every reconcile.
        return Field(
            "queries",
            Sequence(table, f"[{EXAMPLE}]", least=0, most=5),
            "Your own queries, each a gate with its own name; at most five.",
            default=(),
        )


def _check(query: Part) -> None:
    name = query["name"]
    if name is None:
        return
    if name in (query.find("judge.gates") or {}):
        query.add("name", f"{name} is the name of one of Teal's own gates; choose another name")
        return
    names = [(other or {}).get("name") for other in query.before]
    if name in names:
        query.add("name", f"{name} is already the name of queries[{names.index(name)}]; choose another name")
