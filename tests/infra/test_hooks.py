"""The POSIX hooks of azure.yaml, run by a real shell with a stand-in for the Azure command line."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

SHELL = "/bin/sh"
ENVIRONMENT = {
    "AZURE_ENV_NAME": "trial",
    "AZURE_SUBSCRIPTION_ID": "a subscription",
    "AZURE_RESOURCE_GROUP": "rg-teal-trial",
    "TEAL_RESOURCE_GROUP": "a group",
    "TEAL_FUNCTION_APP": "func-teal",
}
REGION = "westeurope"


@dataclass(frozen=True)
class Desk:
    """A folder of stand-ins: `az` and `azd` note how they were called; `sleep` returns at once."""

    folder: Path
    hooks: dict[str, dict[str, dict[str, str]]]

    def run(self, hook: str, failures: int = 0, region: str = "") -> tuple[int, list[str]]:
        """Return the hook's exit code and its calls. az answers with a region, after so many failures."""
        calls = self.folder / "calls"
        self.stand_in("sleep", "exit 0")
        self.stand_in("az", f'echo az "$@" >> "{calls}"; [ "$(wc -l < "{calls}")" -gt {failures} ] && echo {REGION}')
        self.stand_in("azd", f'echo azd "$@" >> "{calls}"')
        environment = ENVIRONMENT | {"PATH": f"{self.folder}:{os.environ['PATH']}", "TEAL_REGION": region}
        script = self.hooks[hook]["posix"]["run"]
        done = subprocess.run([SHELL, "-c", script], env=environment, check=False)  # noqa: S603 - our own azure.yaml
        return done.returncode, calls.read_text().splitlines()

    def stand_in(self, name: str, script: str) -> None:
        """Put a command into the folder."""
        path = self.folder / name
        path.write_text(f"#!{SHELL}\n{script}\n")
        path.chmod(0o755)


@pytest.fixture
def desk(root: Path, tmp_path: Path) -> Desk:
    """Return an empty desk with the hooks of azure.yaml."""
    return Desk(tmp_path, yaml.safe_load((root / "azure.yaml").read_text())["hooks"])


@pytest.mark.parametrize("hook", ["postprovision", "postdeploy"])
def test_hook_deploys_once_into_the_workspaces_group(desk: Desk, hook: str) -> None:
    """One deployment, in the right subscription and group, also when their names hold a space."""
    code, calls = desk.run(hook, region=REGION)
    assert code == 0
    assert len(calls) == 1
    assert "--subscription a subscription --resource-group a group" in calls[0]


def test_the_workspaces_region_reaches_the_app_and_the_next_provision(desk: Desk) -> None:
    """What main.bicep may not look up, since `azd down` deletes what it references, is looked up behind it."""
    code, calls = desk.run("postprovision")
    assert code == 0
    assert "--settings TEAL_REGION=westeurope" in calls[1]
    assert "--name func-teal --subscription a subscription --resource-group rg-teal-trial" in calls[1]
    assert calls[2:] == ["azd env set TEAL_REGION westeurope"]


def test_a_workspace_that_moved_is_followed(desk: Desk) -> None:
    """Another workspace's region takes the place of the one that was known."""
    _, calls = desk.run("postprovision", region="eastus")
    assert calls[2:] == ["azd env set TEAL_REGION westeurope"]


def test_events_wait_for_the_function(desk: Desk) -> None:
    """A function that Azure does not list yet is asked for again."""
    code, calls = desk.run("postdeploy", failures=2)
    assert code == 0
    assert len(calls) == 3


@pytest.mark.parametrize("hook", ["postprovision", "postdeploy"])
def test_hook_that_cannot_deploy_says_so(desk: Desk, hook: str) -> None:
    """A lasting failure fails azd, after a few tries at most."""
    code, calls = desk.run(hook, failures=99)
    assert code != 0
    assert len(calls) <= 4
