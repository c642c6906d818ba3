"""What a policy may ask to be judged: a table for each gate. Which gates go together is `gate_validation`'s."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.core.gates import (
    ClientErrorsGate,
    DisagreementGate,
    ErrorsGate,
    Gate,
    LatencyGate,
    PredictionsGate,
    QueryGate,
)
from shared.core.policy import JudgeSettings
from shared.policies.grammar import Field, Labels, Sequence, Table, complete
from shared.policies.kinds import Choice, Number, Share, Text
from shared.policies.tables.steps import LONGEST_ANSWER, MILLISECOND
from shared.policies.tables.texts import GATE_NAME, path_like
from shared.policies.times import Duration

ROLES = {
    "critical": "`critical`: it can roll back, and weights wait for its certificate.",
    "non_blocking": "`non_blocking`: it can roll back.",
    "dry_run": "`dry_run`: it is shown and moves nothing.",
}
CERTIFIED = ("critical", "non_blocking", "dry_run")
NO_CERTIFICATE: Mapping[str, str] = MappingProxyType(
    {"critical": "no step can wait for it, since it has no certificate"}
)
MUST_ROLL_BACK: Mapping[str, str] = MappingProxyType(
    {"dry_run": "this gate must be able to roll back, for a green that fails every request is silent to the others"}
)
POINTER = Text(
    r"(?=.{0,256}$)(?:/(?:[^\x00-\x1f\x7f~/]|~[01])*)*",
    "a JSON Pointer (empty, or it begins with /; ~ is written ~0)",
    "/label",
)
NUMBER = 999_999_999.0
DEFAULT_QUERY = QueryGate("", "")


def _role(gate: Gate) -> Field:
    if isinstance(gate, ErrorsGate):
        kind = Choice(CERTIFIED[:2], MUST_ROLL_BACK)
    elif isinstance(gate, PredictionsGate | DisagreementGate):
        kind = Choice(CERTIFIED[1:], NO_CERTIFICATE)
    else:
        kind = Choice(CERTIFIED)
    about = " ".join(ROLES[role] for role in kind.options)
    return Field("role", kind, about, default=gate.role)


def _weight(gate: Gate) -> Field:
    about = "Its part of `rollback_risk` among the gates that can roll back."
    return Field("weight", Share(0, 1000, f"{gate.weight:g}"), about, default=gate.weight)


def _limit(gate: ErrorsGate | ClientErrorsGate | QueryGate, what: str) -> Field:
    about = f"Also an absolute limit, whatever blue does: the share of {what}."
    return Field("at_most", Share(0, 1, "0.02"), about, default=gate.at_most)


def _reading(gate: PredictionsGate | DisagreementGate) -> Field:
    about = "Where in an answer's JSON the prediction is; a list there is so many predictions. Empty: the whole answer."
    return Field("at", POINTER, about, default=gate.reading.at)


def _errors(gate: ErrorsGate) -> Table:
    return Table((_role(gate), _weight(gate), _limit(gate, "requests that may fail")), example="{}")


def _client_errors(gate: ClientErrorsGate) -> Table:
    return Table((_role(gate), _weight(gate), _limit(gate, "requests that may be refused")), example="{}")


def _latency(gate: LatencyGate) -> Table:
    percentile = Text(r"p[5-9][0-9](?:\.[1-9])?", "a percentile from p50 to p99.9", "p95")
    span = Duration(MILLISECOND, LONGEST_ANSWER, "300ms")
    limits = Labels(span, "{p95: 300ms, p99: 1s}", "a mapping of percentiles to durations", percentile)
    worse = "So many times blue's latency is still acceptable; 1.5 if machines of one kind differ by 15 %."
    absolute = (
        "Also absolute limits, whatever blue does: how long so many per cent of the answers may take. Not by metrics."
    )
    return Table(
        (
            _role(gate),
            _weight(gate),
            Field("worse_than", Share(1, 100, "1.25"), worse, default=gate.worse_than),
            Field("at_most", limits, absolute, default=MappingProxyType({})),
        ),
        example="{worse_than: 1.25}",
    )


def _predictions(gate: PredictionsGate) -> Table:
    bins = "Rising borders of the bins that numbers fall into. Without it predictions are classes."
    return Table(
        (
            _role(gate),
            _weight(gate),
            _reading(gate),
            Field("bins", Sequence(Number(-NUMBER, NUMBER, "0.5"), "[0.2, 0.5, 0.8]"), bins, default=()),
            Field("shift", Share(0, 1, "0.02"), "By how much a share may differ from blue's.", default=gate.shift),
        ),
        example="{at: /label}",
    )


def _disagreement(gate: DisagreementGate) -> Table:
    near = "By how much two numbers may differ and still agree."
    return Table(
        (
            _role(gate),
            _weight(gate),
            _reading(gate),
            Field("at_most", Share(0, 1, "0.05"), "The share of answers that may differ.", default=gate.at_most),
            Field("tolerance", Number(0, NUMBER, "0.01"), near, default=gate.tolerance),
        ),
        example="{at: /label}",
    )


def _query(gate: QueryGate) -> Table:
    file = "A KQL file inside the policies folder that gives `deployment`, `minute`, `bad` and `total`."
    budget = "As `judge.budget`, for what this query counts as bad."
    return Table(
        (
            Field("name", GATE_NAME._replace(example="fraud"), "What steps and reports call it."),
            Field("query", path_like("gates/fraud.kql"), file),
            _role(gate),
            _weight(gate),
            _limit(gate, "it that may be bad"),
            Field("budget", Share(0, 0.5, "0.005"), budget, default=gate.budget, otherwise="as for errors"),
        ),
        example="{name: fraud, query: gates/fraud.kql}",
    )


GATES = Table(
    fields=(
        Field(
            "errors",
            _errors(ErrorsGate()),
            "The share of failed requests: 5xx, 424 (the model's container failed), 408, 429.",
        ),
        Field(
            "client_errors",
            _client_errors(ClientErrorsGate()),
            "The share of requests refused as the caller's mistake: all other 4xx.",
            default=None,
        ),
        Field("latency", _latency(LatencyGate()), "How long good answers take.", default=None),
        Field(
            "predictions",
            _predictions(PredictionsGate()),
            "How predictions are spread over classes or bins. Needs collected answers.",
            default=None,
        ),
        Field(
            "disagreement",
            _disagreement(DisagreementGate()),
            "How often green answers a mirrored request otherwise than blue. Needs collected answers and a mirror.",
            default=None,
        ),
        Field(
            "queries",
            Sequence(_query(DEFAULT_QUERY), "[{name: fraud, query: gates/fraud.kql}]", least=0),
            "What queries of your own count, each a gate by its name; at most five.",
            default=(),
        ),
    ),
    example="{errors: {}}",
    hints={
        "query": "unknown key; did you mean queries: [{name: fraud, query: gates/fraud.kql}]?",
        "custom": "unknown key; did you mean queries: [{name: fraud, query: gates/fraud.kql}]?",
    },
)
BUILT_IN = tuple(field.key for field in GATES.fields if isinstance(field.kind, Table))
TABLES = {field.key: field.kind for field in GATES.fields if isinstance(field.kind, Table)}
# Like a file that writes the core's default gates and nothing in them.
DEFAULT_GATES: Mapping[str, object] = MappingProxyType(
    complete(GATES) | {gate.kind: complete(TABLES[gate.kind]) for gate in JudgeSettings().gates}
)
