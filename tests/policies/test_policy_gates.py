"""The gates of a valid policy: what the core gets from `judge.gates`, and the query files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.core.gates import ErrorsGate, Gate, LatencyGate, QueryGate
from shared.core.policy import JudgeSettings
from shared.core.steps import WeightStep
from shared.errors import Permanent
from shared.policies.policy_set import read_policies
from shared.ports import Policies

FindProblems = Callable[[Path], list[str]]
HEAD = "endpoint: churn\nmodels: [{name: churn-model}]\n"
STEPS = "steps: [{weight: 10}]\n"
QUERY = "name: fraud, query: gates/fraud.kql"


def gates_of(folder: Path, judge: str) -> tuple[Gate, ...]:
    """Write a policy with this `judge` and return its gates."""
    (folder / "churn.yaml").write_text(HEAD + STEPS + judge)
    return read_policies(folder).valid().policies[0].judge.gates


@pytest.mark.parametrize("judge", ["", "judge: {}\n", "judge: {patience: 30m}\n"])
def test_without_gates_the_defaults_are_judged(folder: Path, judge: str) -> None:
    """A policy without gates gets the core's default gates."""
    assert gates_of(folder, judge) == JudgeSettings().gates


def test_written_gates_are_the_only_ones(folder: Path) -> None:
    """If gates are written, gates left out are not judged."""
    assert gates_of(folder, "judge: {gates: {errors: {}}}\n") == (ErrorsGate(),)
    assert gates_of(folder, "judge: {gates: {latency: {}, errors: {}}}\n") == (ErrorsGate(), LatencyGate())


def test_a_query_is_read_with_its_policy(queried: Path) -> None:
    """A query's text is available by its path below the folder, as in the core's gate."""
    gates = gates_of(queried, f"judge: {{gates: {{errors: {{}}, queries: [{{{QUERY}}}]}}}}\n")
    book: Policies = read_policies(queried).valid()
    assert gates[1] == QueryGate("fraud", "gates/fraud.kql")
    assert book.query("gates/fraud.kql") == "// Fraud that was missed.\nFraud | take 1\n"
    with pytest.raises(Permanent, match=r"gates/gone\.kql: no such file"):
        book.query("gates/gone.kql")


def test_a_step_waits_for_the_gates_that_it_names(queried: Path) -> None:
    """A step may also name non-blocking gates; queries go by their own names."""
    judge = f"judge: {{gates: {{errors: {{}}, latency: {{}}, queries: [{{{QUERY}}}]}}}}\n"
    (queried / "churn.yaml").write_text(HEAD + "steps: [weight: {to: 10, gates: [latency, fraud]}]\n" + judge)
    assert read_policies(queried).valid().policies[0].steps == (WeightStep(10, gates=("latency", "fraud")),)


FILES = {
    "missing": (None, "churn.yaml:4:61: judge.gates.queries[0].query: gates/lost.kql: no such file"),
    "nothing": ("", "gates/lost.kql:1:1: contains no query; a query returns deployment, minute, bad and total"),
    "only remarks": (
        "// later\n\n",
        "gates/lost.kql:1:1: contains no query; a query returns deployment, minute, bad and total",
    ),
    "a command": (
        "Fraud\n  .drop table Fraud\n",
        ("gates/lost.kql:2:1: a line that starts with a dot is a management command; a gate's query may only read"),
    ),
    "too much": (
        "// " + 65536 * "x",
        "churn.yaml:4:61: judge.gates.queries[0].query: gates/lost.kql: larger than 64 KiB",
    ),
}


@pytest.mark.parametrize(("text", "line"), [pytest.param(*row, id=name) for name, row in FILES.items()])
def test_query_files_are_checked(folder: Path, find_problems: FindProblems, text: str | None, line: str) -> None:
    """A missing or invalid query is reported when policies are read, not at the first rollout."""
    (folder / "gates").mkdir()
    if text is not None:
        (folder / "gates" / "lost.kql").write_text(text)
    queries = "[{name: churn-is-lost, query: gates/lost.kql}, {name: again, query: ./gates/lost.kql}]"
    (folder / "churn.yaml").write_text(f"{HEAD}{STEPS}judge: {{gates: {{errors: {{}}, queries: {queries}}}}}\n")
    found = find_problems(folder)
    assert found[0] == f"policies/{line}"
    assert len(found) == (2 if line.startswith("churn") else 1)


def test_queries_must_be_in_the_folder(folder: Path, find_problems: FindProblems) -> None:
    """No query is read from outside the folder."""
    (folder.parent / "secret.kql").write_text("Fraud")
    gates = "{errors: {}, queries: [{name: fraud, query: ../secret.kql}]}"
    (folder / "churn.yaml").write_text(f"{HEAD}{STEPS}judge: {{gates: {gates}}}\n")
    assert find_problems(folder) == [
        (
            "policies/churn.yaml:4:53: judge.gates.queries[0].query: '../secret.kql' is outside the "
            "policies folder; write it like gates/fraud.kql"
        )
    ]
