"""The Terraform module passes on every parameter of the templates that it deploys; Terraform itself evaluates it.

The provider is not available here, so only the part of the module without resources is evaluated.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tree_sitter import Node

from tests.infra.test_templates import parameters

TERRAFORM = shutil.which("terraform")
with_terraform = pytest.mark.skipif(TERRAFORM is None, reason="Terraform is not on the PATH")
LAYERS = {"app": "main.bicep", "workspace": "workspace.bicep", "events": "events.bicep"}
# Replaces the deployments' outputs, and outputs what is checked.
STUB = """
locals {
  app_outputs = {
    TEAL_PRINCIPAL_ID = "principal", TEAL_LOGS_ID = "logs", TEAL_FUNCTION_APP_ID = "/subscriptions/one/app"
    TEAL_STORAGE_ID = "storage", TEAL_DEAD_LETTER_CONTAINER = "letters"
    TEAL_URL = "https://it's.here", TEAL_FUNCTION_APP = "func"
    AZURE_RESOURCE_GROUP = "rg"
  }
  workspace_outputs = { TEAL_REGION = "northeurope", TEAL_MISSING_ENDPOINTS = "" }
  events_outputs    = { TEAL_OTHER_TOPIC_PRINCIPAL_IDS = ["a", ""] }
}
output "contents" {
  value = { app = local.app_content, workspace = local.workspace_content, events = local.events_content }
}
"""
REQUIRED = {
    "environment_name": "trial",
    "location": "westeurope",
    "workspace_name": "ml-west",
    "workspace_resource_group": "ml",
}


@pytest.fixture
def module(root: Path) -> Path:
    """Return the module's folder."""
    return root / "infra/terraform"


def snake(name: str) -> str:
    """Return a parameter's name as Terraform spells it."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f"_{found[1].lower()}", name)


def passed_on(module: Path, layer: str) -> dict[str, str]:
    """Return the expressions of a layer's parameters, by name."""
    text = (module / "parameters.tf").read_text(encoding="utf-8")
    block = text.split(f"{layer}_parameters = {{")[1].split("}")[0]
    return dict(re.findall(r"^ +(\w+) += (\S+)$", block, re.MULTILINE))


@pytest.mark.parametrize("layer", LAYERS)
def test_every_parameter_of_a_template_is_passed_on(module: Path, templates: dict[str, Node], layer: str) -> None:
    """A parameter that is added to a template needs a variable here too, or comes from another layer."""
    assert set(passed_on(module, layer)) == parameters(templates[LAYERS[layer]])


def test_variables_are_named_after_the_parameters(module: Path) -> None:
    """Every variable is used, and every variable that is used is declared."""
    text = (module / "variables.tf").read_text(encoding="utf-8")
    declared = re.findall(r'^variable "(\w+)"', text, re.MULTILINE)
    given = [(name, value) for layer in LAYERS for name, value in passed_on(module, layer).items()]
    variables = {name: value for name, value in given if value.startswith("var.")}
    assert {value.removeprefix("var.") for value in variables.values()} | {"other_workspaces"} == set(declared)
    other = {"subject": "event_subject"}  # `subject` alone would be unclear among the parameters of all layers
    assert {name: f"var.{other.get(name, snake(name))}" for name in variables} == variables


def evaluated(module: Path, folder: Path, variables: dict[str, object]) -> dict[str, Any]:
    """Return the outputs of the module without its resources, as Terraform evaluates them."""
    for name in ("variables.tf", "parameters.tf", "outputs.tf"):
        shutil.copy(module / name, folder)
    (folder / "stub.tf").write_text(STUB)
    (folder / "terraform.tfvars.json").write_text(json.dumps(variables))
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": "/dev/null", "TF_IN_AUTOMATION": "1"}
    for words in (["init", "-backend=false"], ["validate"], ["apply", "-auto-approve", "-input=false"]):
        command = [str(TERRAFORM), *words, "-no-color"]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - found on the PATH
        assert done.returncode == 0, done.stdout + done.stderr
    state = json.loads((folder / "terraform.tfstate").read_text())
    return {name: output["value"] for name, output in state["outputs"].items()}


def contents(outputs: dict[str, Any]) -> dict[str, dict[str, object]]:
    """Return the parameters of each layer as they are sent."""
    return {
        layer: {name: parameter["value"] for name, parameter in json.loads(text).items()}
        for layer, text in outputs["contents"].items()
    }


@with_terraform
def test_what_is_not_set_is_left_to_the_templates(module: Path, tmp_path: Path) -> None:
    """So no default is written twice."""
    sent = contents(evaluated(module, tmp_path, dict(REQUIRED)))
    assert sent["app"] == {
        "environmentName": "trial",
        "location": "westeurope",
        "workspaceName": "ml-west",
        "workspaceResourceGroup": "ml",
    }
    assert (sent["workspace"]["principalId"], sent["workspace"]["logsId"]) == ("principal", "logs")
    assert (sent["events"]["workspaceRegion"], sent["events"]["storageId"]) == ("northeurope", "storage")


@with_terraform
def test_values_keep_their_types(module: Path, tmp_path: Path) -> None:
    """Azure rejects a number as text; an unset key of a workspace is left out, not sent as null."""
    chosen: dict[str, object] = {
        "evidence_days": 60,
        "vnet_enabled": True,
        "tags": {"owner": "ml-platform"},
        "code_deployed": True,
        "other_workspaces": [{"id": "/x", "region": "eastus", "endpoints": "prices"}],
    }
    sent = contents(evaluated(module, tmp_path, REQUIRED | chosen))
    app = sent["app"]
    assert (app["evidenceDays"], app["vnetEnabled"], app["tags"]) == (60, True, {"owner": "ml-platform"})
    assert (sent["events"]["codeDeployed"], sent["events"]["tags"]) == (True, {"owner": "ml-platform"})
    for layer in LAYERS:
        assert sent[layer]["otherWorkspaces"] == [{"id": "/x", "region": "eastus", "endpoints": "prices"}]


@with_terraform
def test_the_values_for_the_removal_are_read_by_a_shell(module: Path, tmp_path: Path) -> None:
    """Quotes, lists and booleans are written as azd writes them."""
    (tmp_path / "values.env").write_text(str(evaluated(module, tmp_path, dict(REQUIRED))["values"]))
    show = '. ./values.env; printf \'%s|\' "$AZURE_SUBSCRIPTION_ID" "$TEAL_URL" "$TEAL_OTHER_TOPIC_PRINCIPAL_IDS"'
    done = subprocess.run(["/bin/sh", "-c", show], cwd=tmp_path, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout == 'one|https://it\'s.here|["a",""]|'


@with_terraform
def test_the_module_is_formatted(module: Path) -> None:
    """`terraform fmt` would change nothing."""
    done = subprocess.run([str(TERRAFORM), "fmt", "-check", str(module)], capture_output=True, text=True, check=False)  # noqa: S603 - found on the PATH
    assert (done.returncode, done.stdout) == (0, "")
