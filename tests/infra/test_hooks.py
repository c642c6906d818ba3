"""The POSIX hooks of azure.yaml, run by a real shell with a stand-in for the Azure command line."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

SHELL = "/bin/sh"
ENVIRONMENT = {"AZURE_ENV_NAME": "trial", "AZURE_SUBSCRIPTION_ID": "a subscription", "TEAL_RESOURCE_GROUP": "a group"}


@dataclass(frozen=True)
class Desk:
    """A folder of stand-ins: `az` notes how it was called and fails `failures` times, `sleep` returns at once."""

    folder: Path
    hooks: dict[str, dict[str, dict[str, str]]]

    def run(self, hook: str, failures: int = 0) -> tuple[int, list[str]]:
        """Return the hook's exit code and one line per call of az."""
        self.stand_in("sleep", "exit 0")
        self.stand_in(
            "az", f'echo "$@" >> "{self.folder}/calls"; [ "$(wc -l < "{self.folder}/calls")" -gt {failures} ]'
        )
        environment = ENVIRONMENT | {"PATH": f"{self.folder}:{os.environ['PATH']}"}
        script = self.hooks[hook]["posix"]["run"]
        done = subprocess.run([SHELL, "-c", script], env=environment, check=False)  # noqa: S603 - our own azure.yaml
        return done.returncode, (self.folder / "calls").read_text().splitlines()

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
    code, calls = desk.run(hook)
    assert code == 0
    assert len(calls) == 1
    assert "--subscription a subscription --resource-group a group" in calls[0]


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
