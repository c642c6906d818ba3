"""The real Bicep compiler on the templates: no warnings, no reformatting, and the resources in the snapshots.

A snapshot is a template evaluated offline for the parameters of its file. After a change, write it again with
`bicep snapshot FILE --mode overwrite --tenant-id 00000000-0000-0000-0000-000000000001 --subscription-id
00000000-0000-0000-0000-000000000000 --location westeurope --deployment-name teal`, and read the diff.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.infra.arm_rules import RULES, broken
from tests.infra.arm_template import Template
from tests.infra.bicep_compiler import BicepCompiler

BICEP = shutil.which("bicep")
pytestmark = pytest.mark.skipif(BICEP is None, reason="the Bicep compiler is not on the PATH")
INFRA = Path(__file__).resolve().parents[2] / "infra"
SNAPSHOTS = sorted((Path(__file__).resolve().parent / "snapshots").glob("*.bicepparam"))
FILES = sorted([*INFRA.rglob("*.bicep"), *INFRA.rglob("*.bicepparam"), *SNAPSHOTS])
LAYERS = ["main", "workspace", "events"]
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
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
    "TEAL_DEAD_LETTER_CONTAINER": "dead-letters",
    "TEAL_TAGS": '{"owner": "ml-platform"}',
}


@pytest.fixture(scope="module")
def compiler() -> Iterator[BicepCompiler]:
    """Return the compiler."""
    with BicepCompiler(str(BICEP), ENVIRONMENT) as compiler:
        yield compiler


@pytest.fixture(scope="module")
def compiled(compiler: BicepCompiler) -> dict[str, tuple[list[str], Any]]:
    """Return the warnings and the compiled template of each layer."""
    found = {layer: compiler.template(INFRA / f"{layer}.bicep") for layer in LAYERS}
    return {layer: (problems, json.loads(template)) for layer, (problems, template) in found.items()}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_template_compiles_without_a_warning(compiled: dict[str, tuple[list[str], Any]], layer: str) -> None:
    """The rules are those of bicepconfig.json, in all modules too."""
    assert compiled[layer][0] == []


@pytest.mark.parametrize("rule", RULES)
def test_the_compiled_templates_keep_a_rule(compiled: dict[str, tuple[list[str], Any]], rule: str) -> None:
    """The rules are arm-ttk's, in all modules too."""
    assert [each for layer in LAYERS for each in broken(rule, Template(compiled[layer][1], layer))] == []


def test_a_warning_would_be_noticed(compiler: BicepCompiler, tmp_path: Path) -> None:
    """The same rules find an unused parameter and an old API version."""
    shutil.copy(INFRA / "bicepconfig.json", tmp_path)
    (tmp_path / "wrong.bicep").write_text(
        "param unused string\nresource plan 'Microsoft.Web/serverfarms@2022-03-01' existing = { name: 'x' }\n"
    )
    problems, _ = compiler.template(tmp_path / "wrong.bicep")
    for rule in ("no-unused-params", "no-unused-existing-resources", "use-recent-api-versions"):
        assert rule in "\n".join(problems)


def test_every_file_is_formatted(compiler: BicepCompiler) -> None:
    """`bicep format` would change none."""
    assert [file.name for file in FILES if file.read_text() != compiler.formatted(file)] == []


@pytest.mark.parametrize("template", ["workspace", "events"])
def test_the_azd_environment_is_enough(compiler: BicepCompiler, template: str) -> None:
    """Each parameter file compiles with the variables that azd knows by then."""
    assert compiler.parameters(INFRA / f"{template}.bicepparam") == []


@pytest.mark.parametrize("parameters", SNAPSHOTS, ids=lambda file: file.stem)
def test_a_snapshot_is_up_to_date(compiler: BicepCompiler, parameters: Path) -> None:
    """The template still evaluates to what is committed, outputs included."""
    committed = parameters.with_name(f"{parameters.stem}.snapshot.json")
    assert compiler.snapshot(parameters) == json.loads(committed.read_text(encoding="utf-8"))


REFUSED = {
    "alwaysReady = 1\nparam zoneRedundant = true": "with zoneRedundant, alwaysReady is 0 or at least 2",
    "privateSite = true": "an existing network needs endpointSubnetId, and privateSite needs vnetEnabled",
    "vnetEnabled = true\nparam endpointSubnetId = '/a/b'": "an existing network needs appSubnetId",
}


@pytest.mark.parametrize(("choice", "words"), REFUSED.items(), ids=["one ready", "private site", "half a network"])
def test_choices_that_azure_would_refuse_are_refused_in_the_preview(
    compiler: BicepCompiler, tmp_path: Path, choice: str, words: str
) -> None:
    """The preview says so in words, before anything is created."""
    required = ("environmentName", "location", "workspaceName", "workspaceResourceGroup")
    file = tmp_path / "chosen.bicepparam"
    template = os.path.relpath(INFRA / "main.bicep", tmp_path)
    file.write_text(
        "\n".join([f"using '{template}'", *(f"param {each} = 'xxx'" for each in required), f"param {choice}"])
    )
    with pytest.raises(AssertionError, match=words):
        compiler.snapshot(file)
