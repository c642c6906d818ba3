"""The layers of azure.yaml as azd sees them: which one waits for which.

azd takes every variable that a layer's parameter file reads, and makes the layer depend on the one that has an output
with this name, wherever that layer is in the file (`AnalyzeLayerDependencies` in azd's `layer_deps.go`). `dependsOn`
adds to that. A plain `azd provision` fails if this makes a cycle, or if two layers have an output of the same name. A
single layer, such as `azd provision app`, is not analyzed, so `azd up` would not show it.
"""

from __future__ import annotations

import copy
import json
import re
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

# azd recognizes exactly these; `${NAME=default}` is not among them.
READ_IN_JSON = re.compile(r"\$\{(\w+)\}")
READ_IN_BICEP = re.compile(r"readEnvironmentVariable\s*\(\s*'([^']+)'")
OUTPUT = re.compile(r"(?m)^\s*output\s+(\w+)\s+")


def read_by(infra: Path, module: str) -> set[str]:
    """Return the variables that a layer's parameter file and template read. azd prefers a .bicepparam file."""
    parameters, template = infra / f"{module}.bicepparam", (infra / f"{module}.bicep").read_text()
    if parameters.exists():
        return set(READ_IN_BICEP.findall(parameters.read_text() + template))
    return set(READ_IN_JSON.findall((infra / f"{module}.parameters.json").read_text())) | set(
        READ_IN_BICEP.findall(template)
    )


def dependencies(
    layers: list[dict[str, Any]], read: dict[str, set[str]], made: dict[str, set[str]]
) -> dict[str, set[str]]:
    """Return the layers that each layer waits for. read, made: the variables that a layer reads, and its outputs."""
    maker = {variable: name for name, variables in made.items() for variable in variables}
    return {
        layer["name"]: {maker[each] for each in read[layer["name"]] if maker.get(each, layer["name"]) != layer["name"]}
        | set(layer.get("dependsOn", ()))
        for layer in layers
    }


@pytest.fixture(scope="module")
def azure(root: Path) -> dict[str, Any]:
    """Return azure.yaml."""
    loaded: dict[str, Any] = yaml.safe_load((root / "azure.yaml").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def graph(root: Path, azure: dict[str, Any]) -> dict[str, set[str]]:
    """Return the layers that each layer of azure.yaml waits for."""
    layers, infra = azure["infra"]["layers"], root / "infra"
    read = {layer["name"]: read_by(infra, layer["module"]) for layer in layers}
    made = {layer["name"]: set(OUTPUT.findall((infra / f"{layer['module']}.bicep").read_text())) for layer in layers}
    return dependencies(layers, read, made)


def test_azure_yaml_is_as_azd_expects(root: Path, azure: dict[str, Any]) -> None:
    """The schema here has the keys that the file uses; azd's own is not in any package."""
    schema = json.loads((root / "tests/infra/azure_yaml.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(azure)] == []


@pytest.mark.parametrize(
    "path", [("infra", "path"), ("services", "teal", "hook"), ("services", "teal", "hooks", "prepackage", "script")]
)
def test_a_misspelt_key_of_azure_yaml_is_noticed(root: Path, azure: dict[str, Any], path: tuple[str, ...]) -> None:
    """Wherever it is, because azd ignores some of them. With layers, `infra.path` is not allowed."""
    schema = json.loads((root / "tests/infra/azure_yaml.schema.json").read_text(encoding="utf-8"))
    wrong = copy.deepcopy(azure)
    place = wrong
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = "infra"
    assert not Draft202012Validator(schema).is_valid(wrong)


def test_files_and_layers_that_azure_yaml_names_exist(root: Path, azure: dict[str, Any]) -> None:
    """Hooks, modules, and the layers that others wait for or that `azd up` provisions."""
    layers = {layer["name"]: layer for layer in azure["infra"]["layers"]}
    for layer in layers.values():
        assert (root / layer["path"] / f"{layer['module']}.bicep").exists()
        assert set(layer.get("dependsOn", ())) <= set(layers)
    steps = [step["azd"].split() for step in azure["workflows"]["up"]["steps"]]
    assert [each[1] for each in steps if each[0] == "provision"] == list(layers)
    for service in azure["services"].values():
        assert all((root / service["project"] / each["run"]).exists() for each in service["hooks"].values())


def test_a_plain_provision_finds_an_order(graph: dict[str, set[str]]) -> None:
    """There is no cycle: the only order is app, workspace, events."""
    assert list(TopologicalSorter(graph).static_order()) == ["app", "workspace", "events"]
    assert graph["events"] == {"app", "workspace"}


def test_an_output_of_a_later_layer_would_make_a_circle() -> None:
    """Even if it may be empty: azd looks at names, not at when a value is known."""
    layers: list[dict[str, Any]] = [{"name": "first"}, {"name": "second", "dependsOn": ["first"]}]
    found = dependencies(layers, {"first": {"ZONE"}, "second": set()}, {"first": set(), "second": {"ZONE"}})
    assert found == {"first": {"second"}, "second": {"first"}}


def test_each_output_belongs_to_one_layer(root: Path, azure: dict[str, Any]) -> None:
    """Two layers with the same output are an error to azd."""
    modules = [layer["module"] for layer in azure["infra"]["layers"]]
    made = [name for module in modules for name in OUTPUT.findall((root / f"infra/{module}.bicep").read_text())]
    assert len(made) > len(modules)
    assert sorted(made) == sorted(set(made))


def test_the_documents_ask_for_the_azd_that_is_required(root: Path, azure: dict[str, Any]) -> None:
    """An older azd refuses to load the project."""
    required = azure["requiredVersions"]["azd"].removeprefix(">= ").removesuffix(".0")
    assert f"(https://aka.ms/azd) {required} or newer" in (root / "docs/deploying.md").read_text()
