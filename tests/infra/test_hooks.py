"""The POSIX hooks of azure.yaml, run by a real shell with a stand-in for the Azure command line."""

from __future__ import annotations

import os
import subprocess
import sys
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
    """A folder of stand-in commands: `az` and `azd` record their calls; `sleep` returns immediately."""

    folder: Path
    hooks: dict[str, dict[str, dict[str, str]]]

    def run(self, hook: str, failures: int = 0, region: str = "") -> tuple[int, list[str]]:
        """Return the hook's exit code and its calls. `az` prints a region after `failures` failures."""
        calls = self.folder / "calls"
        self.stand_in("sleep", "exit 0")
        self.stand_in("az", f'echo az "$@" >> "{calls}"; [ "$(wc -l < "{calls}")" -gt {failures} ] && echo {REGION}')
        self.stand_in("azd", f'echo azd "$@" >> "{calls}"')
        environment = ENVIRONMENT | {"PATH": f"{self.folder}:{os.environ['PATH']}", "TEAL_REGION": region}
        script = self.hooks[hook]["posix"]["run"]
        done = subprocess.run([SHELL, "-c", script], env=environment, check=False)  # noqa: S603 - our own azure.yaml
        return done.returncode, calls.read_text().splitlines()

    def stand_in(self, name: str, script: str) -> None:
        """Add a command to the folder."""
        path = self.folder / name
        path.write_text(f"#!{SHELL}\n{script}\n")
        path.chmod(0o755)


@pytest.fixture
def desk(root: Path, tmp_path: Path) -> Desk:
    """Return an empty desk with the hooks of azure.yaml."""
    return Desk(tmp_path, yaml.safe_load((root / "azure.yaml").read_text())["hooks"])


@pytest.mark.parametrize("hook", ["postprovision", "postdeploy"])
def test_hook_deploys_once_into_the_workspaces_group(desk: Desk, hook: str) -> None:
    """There is one deployment, in the right subscription and group, even if their names contain a space."""
    code, calls = desk.run(hook, region=REGION)
    assert code == 0
    assert len(calls) == 1
    assert "--subscription a subscription --resource-group a group" in calls[0]


def test_the_workspaces_region_reaches_the_app_and_the_next_provision(desk: Desk) -> None:
    """The hook looks up the region, because main.bicep must not: `azd down` deletes what it references."""
    code, calls = desk.run("postprovision")
    assert code == 0
    assert "--settings TEAL_REGION=westeurope" in calls[1]
    assert "--name func-teal --subscription a subscription --resource-group rg-teal-trial" in calls[1]
    assert calls[2:] == ["azd env set TEAL_REGION westeurope"]


def test_a_workspace_that_moved_is_followed(desk: Desk) -> None:
    """Another workspace's region replaces the known one."""
    _, calls = desk.run("postprovision", region="eastus")
    assert calls[2:] == ["azd env set TEAL_REGION westeurope"]


def test_events_wait_for_the_function(desk: Desk) -> None:
    """The hook retries until Azure lists the function."""
    code, calls = desk.run("postdeploy", failures=2)
    assert code == 0
    assert len(calls) == 3


@pytest.mark.parametrize("hook", ["postprovision", "postdeploy"])
def test_a_hook_that_cannot_deploy_fails(desk: Desk, hook: str) -> None:
    """A persistent failure fails azd after a few attempts."""
    code, calls = desk.run(hook, failures=99)
    assert code != 0
    assert len(calls) <= 4


VALID = "endpoint: prices\nmodels: [{name: pricing}]\nsteps: [smoke: {}, weight: 20]\n"
LAUNCHER = "import sys; sys.path.insert(0, sys.argv.pop(1)); from cli.__main__ import main; sys.exit(main())"


@pytest.mark.parametrize(
    ("policy", "code", "problem"),
    [
        (VALID, 0, ""),
        (VALID.replace("20", "200"), 2, "steps[1].weight: 200"),
        (VALID + "max_nodes: 3\n", 2, "max_nodes: unknown key"),
        # Set on this machine, but not among the app's settings.
        (VALID.replace("pricing", "'${PRICING_MODEL}'"), 2, "${PRICING_MODEL} is not set"),
    ],
    ids=["valid", "wrong value", "unknown key", "variable that the app will not have"],
)
def test_an_invalid_policy_is_never_packaged(root: Path, tmp_path: Path, policy: str, code: int, problem: str) -> None:
    """The pre-package hook fails, so azd deploys nothing."""
    (tmp_path / "infra").symlink_to(root / "infra")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "pricing.yaml").write_text(policy)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    Desk(tmp_path / ".venv" / "bin", {}).stand_in("teal", f"exec {sys.executable} -c '{LAUNCHER}' {root} \"$@\"")
    hooks = yaml.safe_load((root / "azure.yaml").read_text())["services"]["teal"]["hooks"]
    environment = {"PATH": os.environ["PATH"], "PRICING_MODEL": "pricing"}
    command = [SHELL, "-c", hooks["prepackage"]["posix"]["run"]]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)  # noqa: S603 - our own azure.yaml
    assert done.returncode == code
    assert problem in done.stderr.decode()


def test_nothing_is_packaged_unchecked(root: Path, tmp_path: Path) -> None:
    """Without the `teal` command, the hook fails and says what to do."""
    script = yaml.safe_load((root / "azure.yaml").read_text())["services"]["teal"]["hooks"]["prepackage"]["posix"]
    done = subprocess.run([SHELL, "-c", script["run"]], cwd=tmp_path, capture_output=True, check=False)  # noqa: S603 - our own azure.yaml
    assert done.returncode == 1
    assert b"make setup" in done.stderr
