"""`${NAME}` in policies: filled in from the environment as text, and never read as YAML again."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.core.steps import WeightStep
from shared.policies.policy_set import read_policies
from shared.policies.problems import PolicyError

TEXT = """\
endpoint: ${STAGE}-churn
models: [{name: churn-model, tags: {stage: "${STAGE}", price: "$${STAGE}", team: "${TEAM}"}}]
steps:
  - weight: ${WEIGHT}
"""


def test_variables_are_filled_in_as_text(folder: Path) -> None:
    """A value stays text even if YAML would read it otherwise; `$${` is an escaped `${`."""
    (folder / "churn.yaml").write_text(TEXT)
    environment = {"STAGE": "dev", "TEAM": "{a: [1.10, yes]} # x", "WEIGHT": "10"}
    [policy] = read_policies(folder, environment).valid().policies
    assert policy.endpoint == "dev-churn"
    assert policy.models[0].tags == {"stage": "dev", "price": "${STAGE}", "team": "{a: [1.10, yes]} # x"}
    assert policy.steps == (WeightStep(10),)


def test_a_variable_within_braces_needs_quotes(folder: Path) -> None:
    """YAML takes the closing brace as its own; the message explains the missing quotes."""
    (folder / "churn.yaml").write_text("endpoint: churn\nmodels: [{name: ${MODEL}}]\nsteps: [pause: {}]\n")
    with pytest.raises(PolicyError, match=r"within { } put a variable in quotes, like '\${NAME}'"):
        read_policies(folder, {"MODEL": "m"}).valid()


def test_environment_of_the_process_is_the_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app's settings are environment variables, so policies can use them."""
    monkeypatch.setenv("TEAL_TEST_ENDPOINT", "from-outside")
    (folder / "churn.yaml").write_text("endpoint: ${TEAL_TEST_ENDPOINT}\nmodels: [{name: m}]\nsteps: [pause: {}]\n")
    assert read_policies(folder).valid().policies[0].endpoint == "from-outside"


PROBLEMS = [
    ("${NOWHERE}", "${NOWHERE} is not set in the environment; for the text itself write $${NOWHERE}"),
    ("${no-name}", "'${no-name' does not begin a name in braces such as ${NAME}; for the text itself write $${"),
    ("a${", "'${' does not begin a name in braces such as ${NAME}; for the text itself write $${"),
    (
        "${STAGE}",
        (
            "the value of '${STAGE}' is not a valid endpoint name (3 to 32 letters, digits and dashes; starts "
            "with a letter, does not end with a dash); write it like churn"
        ),
    ),
]


@pytest.mark.parametrize(("value", "message"), PROBLEMS)
def test_a_variable_that_cannot_be_filled_in_is_reported(folder: Path, value: str, message: str) -> None:
    """A variable that is not set, or has an invalid value, is reported with its place and name."""
    (folder / "churn.yaml").write_text(f"endpoint: '{value}'\nmodels: [{{name: m}}]\nsteps: [pause: {{}}]\n")
    with pytest.raises(PolicyError) as caught:
        read_policies(folder, {"STAGE": "-"}).valid()
    [problem] = caught.value.problems
    assert (problem.line, problem.column, problem.path) == (1, 1, "endpoint")
    assert problem.message.replace(" (in quotes)", "") == message


SECRET = "user:Pa55 w0rd"


@pytest.mark.parametrize(
    "changed",
    [
        "endpoint: ${HIDDEN}",
        "judge: {rollback_risk: '${HIDDEN}'}",
        "judge: {patience: '${HIDDEN}'}",
        "judge: {patience: '${SHORT}'}",
        "newer_version: ${HIDDEN}",
        "freeze: [{zone: '${HIDDEN}', days: [sat]}]",
        "redact: ['(${HIDDEN}']",
        "steps: [smoke: {requests: '${HIDDEN}'}]",
        "steps: [smoke: {requests: ['a${HIDDEN}', '/${HIDDEN}']}]",
        "steps: [smoke: {schema: '../${HIDDEN}'}]",
    ],
)
def test_the_value_of_a_setting_is_never_quoted(folder: Path, changed: str) -> None:
    """It may not be the intended one, and problems are logged and shown by /api/health."""
    lines = {"endpoint": "endpoint: churn", "models": "models: [{name: m}]", "steps": "steps: [pause: {}]"}
    text = "\n".join((lines | {changed.partition(":")[0]: changed}).values())
    (folder / "churn.yaml").write_text(text)
    problems = [str(problem) for problem in read_policies(folder, {"HIDDEN": SECRET, "SHORT": "99d"}).problems()]
    assert any("the value of " in problem for problem in problems)
    assert [problem for problem in problems if "w0rd" in problem or "user" in problem or "99d" in problem] == []
