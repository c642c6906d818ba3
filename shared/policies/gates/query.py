"""A user's own query as a gate in a policy file."""

from __future__ import annotations

from shared.core.gates import QueryGate
from shared.core.schema.findings import Part
from shared.core.schema.grammar import Field, Sequence, Table
from shared.core.schema.kinds import between, file
from shared.core.schema.texts import GATE_NAME
from shared.policies.gates.fields import limit, role, share_of_risk

EXAMPLE = "{name: fraud, query: gates/fraud.kql}"


def _check(query: Part) -> None:
    name = query["name"]
    if name is None:
        return
    if name in (query.find("judge.gates") or {}):
        query.add("name", f"{name} is the name of one of Teal's own gates; choose another")
        return
    names = [(other or {}).get("name") for other in query.before]
    if name in names:
        query.add("name", f"{name} is already the name of queries[{names.index(name)}]; choose another")


SCHEMA = Field(
    "queries",
    Sequence(
        Table(
            fields=(
                Field("name", GATE_NAME._replace(example="fraud"), "What steps and reports call it."),
                Field(
                    "query",
                    file("query", "gates/fraud.kql"),
                    "A KQL file inside the policies folder that returns `deployment`, `minute`, `bad` and `total`.",
                ),
                role(),
                share_of_risk("1"),
                limit("its total that may be bad"),
                Field(
                    "budget",
                    between(0, 0.5, "0.005"),
                    "As `judge.budget`, for what this query counts as bad.",
                    otherwise="as for errors",
                ),
            ),
            example=EXAMPLE,
            makes=QueryGate,
            check=_check,
        ),
        f"[{EXAMPLE}]",
        least=0,
        most=5,  # each runs on every reconcile
    ),
    "Your own queries, each a gate with a name of its own; at most five.",
    default=(),
)
