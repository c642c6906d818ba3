"""The pipelines in examples/ci: valid for their services, without a secret, and with commands that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.commands import ROOT, in_script, problem

GITHUB = sorted((ROOT / "examples/ci/github").glob("*.yml"))
PIPELINES = sorted((ROOT / "examples/ci/azure-pipelines").glob("*.yml"))
EVERY = [*GITHUB, *PIPELINES]
SCRIPTS = {"run", "bash", "inlineScript"}

# What Azure Pipelines allows in each place, as far as these files use it (from its YAML schema reference).
ALLOWED = {
    "pipeline": {"trigger", "pr", "pool", "variables", "parameters", "stages", "jobs", "steps"},
    "stage": {"stage", "jobs", "lockBehavior", "displayName", "dependsOn", "condition"},
    "job": {"job", "steps", "timeoutInMinutes", "displayName", "pool", "variables", "condition"},
    "deployment": {"deployment", "environment", "strategy", "timeoutInMinutes", "displayName", "pool", "condition"},
    "checkout": {"checkout", "displayName", "fetchDepth", "persistCredentials"},
    "bash": {"bash", "displayName", "env", "condition", "workingDirectory"},
    "task": {"task", "displayName", "inputs", "env", "condition"},
    "parameter": {"name", "displayName", "type", "default", "values"},
}
INPUTS = {
    "UsePythonVersion@0": {"versionSpec"},
    "setup-azd@1": set(),
    "AzureCLI@2": {"azureSubscription", "scriptType", "scriptLocation", "inlineScript", "keepAzSessionActive"},
}


def loaded(path: Path) -> dict[Any, Any]:
    """Return a pipeline. YAML reads the key `on` as a boolean."""
    found: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def nodes(value: object) -> Iterator[dict[Any, Any]]:
    """Yield every mapping inside a value."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(each)


def scripts(path: Path) -> Iterator[str]:
    """Yield the shell scripts of a pipeline."""
    for node in nodes(loaded(path)):
        yield from (text for key, text in node.items() if key in SCRIPTS)


def lint(workflow: str) -> str:
    """Return what actionlint says about the text of a workflow."""
    program = Path(sys.executable).with_name("actionlint")
    assert program.exists(), "run `make setup` first: it installs actionlint"
    command = [str(program), "-no-color", "-shellcheck=", "-"]
    done = subprocess.run(command, input=workflow, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


@pytest.mark.parametrize("workflow", GITHUB, ids=lambda path: path.stem)
def test_actionlint_accepts_each_workflow(workflow: Path) -> None:
    """It checks syntax, expressions, permissions, and the inputs and age of well-known actions."""
    assert lint(workflow.read_text(encoding="utf-8")) == ""


def test_actionlint_finds_what_is_wrong() -> None:
    """Otherwise it would accept anything."""
    wrong = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ nothing.x }}\n"
    assert 'undefined variable "nothing"' in lint(wrong)


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda path: path.stem)
def test_azure_pipelines_knows_every_key(pipeline: Path) -> None:
    """An unknown key makes the service refuse the whole file."""
    content = loaded(pipeline)
    assert set(content) <= ALLOWED["pipeline"]
    assert len({"stages", "jobs", "steps"} & set(content)) == 1
    for parameter in content.get("parameters", []):
        assert set(parameter) <= ALLOWED["parameter"]
    for node in nodes(content):
        kind = next((each for each in ("stage", "job", "deployment", "checkout", "bash", "task") if each in node), "")
        if kind:
            assert set(node) <= ALLOWED[kind], node
        if kind == "task":
            assert set(node.get("inputs", {})) <= INPUTS[node["task"]]


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.stem)
def test_a_failed_command_fails_its_step(path: Path) -> None:
    """Azure Pipelines runs a script to its end, whatever fails in between, unless it contains `set -e`."""
    longer = [script for script in scripts(path) if len(script.splitlines()) > 1]
    assert longer
    assert [script for script in longer if not re.match(r"set -(?:e|eo pipefail)\n", script)] == []
    assert [script for script in longer if re.search(r" \| tee", script) and "pipefail" not in script] == []


@pytest.mark.parametrize("path", EVERY, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_each_command_exists(path: Path) -> None:
    """Teal's own parser, the Makefile and azd know it, with these options."""
    commands = [command for script in scripts(path) for command in in_script(script)]
    assert any("make" in command for command in commands)
    assert {command: problem(command) for command in commands if problem(command)} == {}


@pytest.mark.parametrize("path", EVERY, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_nobody_stores_a_secret(path: Path) -> None:
    """Sign-in is by workload identity, and the API's key is read with it when it is needed."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"secrets\.|client-secret|clientSecret|password|AZURE_CREDENTIALS", text)
    if path in GITHUB and "azd auth login" in text:
        assert "id-token: write" in text
        assert "--federated-credential-provider github" in text
    if path in GITHUB:
        assert loaded(path)["permissions"].keys() <= {"contents", "id-token"}


@pytest.mark.parametrize("folder", [GITHUB, PIPELINES], ids=["github", "azure-pipelines"])
def test_each_service_has_the_whole_way(folder: list[Path]) -> None:
    """Check, simulation, comment and preview on the pull request; deployment on the merge; waiting for the rollout."""
    pull_request, deployment, registration = (
        next(path.read_text(encoding="utf-8") for path in folder if word in path.stem)
        for word in ("pull-request", "deploy", "register")
    )
    for step in ("teal policy check", "teal policy simulate", "azd provision app --preview", "omment"):
        assert step in pull_request
    assert "azd up --no-prompt" in deployment
    assert "teal wait" in registration
