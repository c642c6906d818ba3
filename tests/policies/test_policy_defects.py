"""A defect of Teal that one file triggers is that file's problem: the app and the other policies continue."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from shared.core.schema.findings import Part
from shared.core.schema.grammar import Table
from shared.policies import files, policy_set
from shared.policies.drafts import Refused
from shared.policies.policy_set import PolicySet, read_policies
from shared.policies.prices import PRICES
from shared.policies.tables.policy import policy_table

STEPS = "steps: [smoke: {requests: smoke/churn.jsonl, schema: smoke/answer.schema.json}, weight: 10]\n"
TEXT = "endpoint: {name}\nmodels: [{{name: {name}}}]\n"
WORDS = "(OverflowError: too far away), which is a defect in Teal; please report it"


def fails(*_: object) -> Any:  # noqa: ANN401 -- never returns
    """Raise an unexpected error."""
    raise OverflowError("too far away")


def failing_check(part: Part) -> None:
    """Fail for one policy only."""
    if part["name"] == "bad":
        fails()


def failing_making(values: dict[str, Any]) -> object:
    """Fail for one policy only, and create the others as usual."""
    make = policy_table("").make
    return fails() if values["name"] == "bad" or make is None else make(values)


def with_table(table: Table) -> Callable[[str], Table]:
    """Return a function that returns this table, whatever the workspace."""
    return lambda _workspace: table


def read_both(folder: Path) -> PolicySet:
    """Read the policies of two endpoints, one of which is named bad."""
    (folder / "smoke" / "answer.schema.json").write_text("true")
    (folder / "good.yaml").write_text(TEXT.format(name="good") + "steps: [weight: 10]\n")
    (folder / "bad.yaml").write_text(TEXT.format(name="bad") + "name: bad\n" + STEPS)
    return read_policies(folder)


@pytest.mark.parametrize(
    "table", [policy_table("")._replace(check=failing_check), policy_table("")._replace(make=failing_making)]
)
def test_a_defect_is_a_problem_of_its_file(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, folder: Path, table: Table
) -> None:
    """Only this endpoint gets no new rollouts, and the log has what is needed to fix the defect."""
    monkeypatch.setattr(policy_set, "policy_table", with_table(table))
    found = read_both(folder)
    (refused,) = found.refused
    assert (refused.endpoint, [policy.endpoint for policy in found.policies]) == ("bad", ["good"])
    assert str(refused.problems[0]).startswith(f"{folder / 'bad.yaml'}:1:1: Teal could not read this {WORDS}")
    assert "failing_" in caplog.text


def test_a_defect_of_a_named_file_is_its_problem(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """The message names the file, and the policies that name it are refused."""
    monkeypatch.setitem(files.READERS, "schema", fails)
    (refused,) = read_both(folder).refused
    assert isinstance(refused, Refused)
    assert str(refused.problems[0]).startswith(f"{folder / 'smoke/answer.schema.json'}:1:1: Teal could not read")


def test_a_defect_of_a_value_refuses_the_whole_file(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """If the values cannot be read, it is unknown which endpoint the file is for."""
    first, *others = policy_table("").fields
    table = policy_table("")._replace(fields=(first._replace(kind=None), *others))  # type: ignore[arg-type]
    monkeypatch.setattr(policy_set, "policy_table", with_table(table))
    assert [file.endpoint for file in read_both(folder).refused] == [None, None]


def test_a_defect_of_the_prices_stops_no_policy(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """There are no cost estimates, and the problem blocks nothing."""
    (folder / "prices.yaml").write_text("{currency: EUR, per_hour: {}}")
    monkeypatch.setattr(policy_set, "PRICES", PRICES._replace(make=fails))
    found = read_both(folder)
    assert (len(found.policies), found.prices) == (2, None)
    assert WORDS in str(found.other_problems[0])


def test_the_command_prints_the_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    """It is printed like any other, without a traceback."""
    monkeypatch.setitem(files.READERS, "schema", fails)
    monkeypatch.setattr(logging.getLogger("teal"), "propagate", False)  # to pytest's own handlers
    read_both(folder)
    capsys.readouterr()
    assert main(["policy", "check", str(folder)]) == 2
    printed = capsys.readouterr()
    assert WORDS in printed.err
    assert "Traceback" not in printed.err
