"""The real Bicep compiler on the templates: no warning, no change of format, and the resources that the snapshots show.

A snapshot is a template evaluated offline for the parameters of its file. After a change, write it again with
`bicep snapshot FILE --mode overwrite` and the options in `SNAPSHOT`, and read the difference.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.infra.arm_rules import broken_rules

BICEP = shutil.which("bicep")
pytestmark = pytest.mark.skipif(BICEP is None, reason="the Bicep compiler is not on the PATH")
INFRA = Path(__file__).resolve().parents[2] / "infra"
SNAPSHOTS = sorted((Path(__file__).resolve().parent / "snapshots").glob("*.bicepparam"))
FILES = sorted([*INFRA.rglob("*.bicep"), *INFRA.rglob("*.bicepparam"), *SNAPSHOTS])
LAYERS = ["main", "workspace", "events"]
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
SNAPSHOT = [
    *("--subscription-id", SUBSCRIPTION, "--tenant-id", "00000000-0000-0000-0000-000000000001"),
    *("--location", "westeurope", "--deployment-name", "teal"),
]
# What azd passes to the parameter files.
ENVIRONMENT = {
    "AZURE_ENV_NAME": "trial",
    "TEAL_WORKSPACE": "ml",
    "TEAL_RESOURCE_GROUP": "ml",
    "TEAL_PRINCIPAL_ID": SUBSCRIPTION,
    "TEAL_LOGS_ID": "/subscriptions/s",
    "TEAL_REGION": "westeurope",
    "TEAL_FUNCTION_APP_ID": "/subscriptions/s",
    "TEAL_STORAGE_ID": "/subscriptions/s",
    "TEAL_STORAGE_PRIVATE": "false",
    "TEAL_DEAD_LETTER_CONTAINER": "dead-letters",
    "TEAL_EVENTS_IDENTITY_ID": "/subscriptions/s",
}


def bicep(*arguments: str | Path) -> tuple[int, str, str]:
    """Run the compiler; return its exit code, its output, and its warnings and errors."""
    done = subprocess.run([str(BICEP), *arguments], env=ENVIRONMENT, capture_output=True, text=True, check=False)  # noqa: S603  # found on the PATH
    return done.returncode, done.stdout, done.stderr


@cache
def built(template: str) -> tuple[int, str, str]:
    """Compile a template, once: the exit code, the ARM template, and warnings."""
    return bicep("build", INFRA / f"{template}.bicep", "--stdout")


@pytest.mark.parametrize("template", LAYERS)
def test_a_template_compiles_without_a_warning(template: str) -> None:
    """With the rules of bicepconfig.json, in all modules too; `build` reports what `lint` does."""
    code, _, problems = built(template)
    assert (code, problems) == (0, "")


@pytest.mark.parametrize("template", LAYERS)
def test_the_compiled_template_keeps_azures_rules(template: str) -> None:
    """Those of Microsoft's own template tests that the compiler does not check; see `arm_rules`."""
    _, compiled, _ = built(template)
    assert list(broken_rules(json.loads(compiled), template)) == []


def test_every_file_is_formatted(tmp_path: Path) -> None:
    """`bicep format` would change none."""
    for file in FILES:
        shutil.copy(file, tmp_path / f"{file.parent.name}-{file.name}")
    code, _, problems = bicep("format", "--pattern", f"{tmp_path}/*")
    assert code == 0, problems
    changed = [
        file.name for file in FILES if file.read_text() != (tmp_path / f"{file.parent.name}-{file.name}").read_text()
    ]
    assert changed == []


@pytest.mark.parametrize("template", ["workspace", "events"])
def test_the_azd_environment_is_enough(template: str) -> None:
    """Each parameter file compiles with the variables that azd knows by then."""
    code, _, problems = bicep("build-params", INFRA / f"{template}.bicepparam", "--stdout")
    assert (code, problems) == (0, "")


@pytest.mark.parametrize("parameters", SNAPSHOTS, ids=lambda file: file.stem)
def test_a_snapshot_is_up_to_date(parameters: Path) -> None:
    """The template still evaluates to what is committed."""
    code, differences, problems = bicep("snapshot", parameters, "--mode", "validate", *SNAPSHOT)
    assert (code, problems) == (0, ""), differences
