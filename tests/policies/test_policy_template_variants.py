"""`teal policy check` on deployment files as people write them: what `az ml` and the service accept, and refuse."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.policy.sources import problems_of
from shared.errors import Permanent
from shared.policies.policy_set import read_policies
from tests.policies.template_variants import ACCEPTED, MANAGED, REFUSED

POLICY = "endpoint: churn\nmodels: [{name: m}]\ndeployment: {template: deployments/churn.yml}\nsteps: [weight: 10]\n"
Check = Callable[[str], list[str]]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK's use of marshmallow


@pytest.fixture
def check(folder: Path) -> Check:
    """Return a function that writes a template with its files and returns the problems that `check` reports."""
    for name, text in {
        "deployments/conda.yml": "name: c\ndependencies: [python=3.11]\n",
        "deployments/context/Dockerfile": "FROM scratch\n",
        "src/score.py": "def init(): ...\n",
        "src/broken.py": "def init(:\n",
        "src/broken.yml": "dependencies: [\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "churn.yaml").write_text(POLICY)

    def check(template: str) -> list[str]:
        (folder / "deployments" / "churn.yml").write_text(template)
        return [str(problem).replace(str(folder), "policies") for problem in problems_of(folder)[1]]

    return check


@pytest.mark.parametrize("template", ACCEPTED.values(), ids=ACCEPTED)
def test_what_az_ml_accepts_is_accepted(check: Check, template: str) -> None:
    """The template has no problem, neither for Teal nor for Microsoft's loader."""
    assert check(template) == []


@pytest.mark.parametrize(("template", "line"), REFUSED.values(), ids=REFUSED)
def test_what_would_fail_at_the_rollout_is_refused(check: Check, template: str, line: str) -> None:
    """The first problem is reported at its place in the template, in the words of whatever would refuse it."""
    (first, *_) = check(template)
    assert first.startswith(f"policies/deployments/churn.yml:{line}")


def test_no_problem_is_reported_twice(check: Check) -> None:
    """What Teal reports at a key, the loader does not report again; what only the loader knows is reported as well."""
    lines = check(MANAGED + "instance_typ: a\nrequest_settings: {request_timeout_ms: 5s}\n")
    assert [line.split(": ")[1] for line in lines] == ["instance_typ", "request_settings.request_timeout_ms"]


def test_only_the_command_runs_the_loader(check: Check, folder: Path) -> None:
    """The app reads policies without the SDK, so what only the loader rejects is reported at the rollout."""
    assert len(check(MANAGED + "request_settings: {request_timeout_ms: 5s}\n")) == 1
    assert read_policies(folder).problems() == []


def test_the_check_writes_and_sends_nothing(check: Check, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is written, in the folder or the home directory, and no connection is opened, even for later uploads."""

    def refuse(*_: object) -> None:
        raise Permanent("a connection")

    home = folder.parent / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    check(ACCEPTED["MLflow without a script"])
    before = sorted(folder.rglob("*"))
    for name in ("a script with its environment", "a build context", "the data collector", "a model of a registry"):
        assert check(ACCEPTED[name]) == []
    assert sorted(folder.rglob("*")) == before
    assert list(home.rglob("*")) == []


def test_policies_without_a_template_do_not_load_the_sdk(folder: Path) -> None:
    """The loader takes seconds to import, which is worthwhile only for a template."""
    (folder / "churn.yaml").write_text("endpoint: churn\nmodels: [{name: m}]\nsteps: [smoke: {}, weight: 10]\n")
    program = (
        "import sys; from pathlib import Path; from cli.policy.sources import problems_of\n"
        f"assert problems_of(Path({str(folder)!r}))[1] == []\n"
        "assert not [name for name in sys.modules if name.startswith('azure')], 'imported'\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env=os.environ, cwd=Path(__file__).parents[2])  # noqa: S603 -- ours
