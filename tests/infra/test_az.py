"""The deployment without azd, run by a real shell with a stand-in for `az`; its parameters are those of azd."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.infra.desk import Desk

BICEP = shutil.which("bicep")
VARIABLES = {
    "AZURE_ENV_NAME": "trial",
    "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000000",
    "AZURE_LOCATION": "westeurope",
    "TEAL_WORKSPACE": "ml-west",
    "TEAL_RESOURCE_GROUP": "ml",
}
# As Azure answers, with its own capitalization.
OUTPUTS = {
    "app": {
        "azurE_RESOURCE_GROUP": {"type": "String", "value": "rg-teal-trial"},
        "teaL_FUNCTION_APP": {"type": "String", "value": "func-teal"},
        "teaL_URL": {"type": "String", "value": "https://func-teal.azurewebsites.net"},
        "teaL_PRINCIPAL_ID": {"type": "String", "value": "it's a principal"},
        "teaL_ALWAYS": {"type": "Bool", "value": False},
        "teaL_WORKSPACES": {"type": "String", "value": '[{"id":"/x"}]'},
    },
    "workspace": {
        "teaL_REGION": {"type": "String", "value": "northeurope"},
        "teaL_MISSING_ENDPOINTS": {"type": "String", "value": "new"},
    },
    "events": {"teaL_EVENT_TOPIC": {"type": "String", "value": "evgt-ml-west"}},
}
PASSED_ON = ("TEAL_PRINCIPAL_ID", "TEAL_ALWAYS", "TEAL_WORKSPACES", "TEAL_REGION", "TEAL_CODE_DEPLOYED")


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """Return a checkout whose `teal` only records its calls."""
    checkout = tmp_path / "checkout"
    shutil.copytree(root / "infra", checkout / "infra")
    (checkout / ".venv/bin").mkdir(parents=True)
    return checkout


@pytest.fixture
def desk(checkout: Path, tmp_path: Path) -> Desk:
    """Return a desk with an `az` that deploys layers, and lists the function only the second time."""
    (tmp_path / "desk").mkdir()
    desk = Desk(tmp_path / "desk")
    seen = " ".join(f'{name}="${{{name}:-}}"' for name in PASSED_ON)
    cases = [
        f"*'sub create'*-{layer}*) echo 'with {layer}:' {seen} >> '{desk.folder}/calls'; cat <<'END'\n"
        f"{json.dumps(outputs)}\nEND\n;;"
        for layer, outputs in OUTPUTS.items()
    ]
    listed = f"*'function show'*) [ -e '{desk.folder}/listed' ] || {{ touch '{desk.folder}/listed'; exit 1; }};;"
    desk.stand_in("az", "\n".join(['case "$*" in', *cases, listed, "esac"]))
    desk.stand_in("sleep", "")
    Desk(desk.folder).stand_in("teal", "")
    (checkout / ".venv/bin/teal").symlink_to(desk.folder / "teal")
    return desk


def steps(calls: list[str]) -> list[str]:
    """Return what was done in Azure, in brief."""
    words = [re.match(r"az deployment sub ([\w-]+) .*--name teal-trial-(\w+)", call) for call in calls]
    short = {"config-zip": "code", "function show": "listed?"}
    return [
        f"{found[1]} {found[2]}" if found else next(step for text, step in short.items() if text in call)
        for call, found in zip(calls, words, strict=True)
        if call.startswith("az ") and "account set" not in call
    ]


def test_the_layers_and_the_code_are_deployed_in_azds_order(checkout: Path, desk: Desk) -> None:
    """Each layer after its preview; the events only once Azure lists the function."""
    code, calls = desk.run(str(checkout / "infra/az/deploy.sh"), "--yes", **VARIABLES)
    assert code == 0
    assert steps(calls) == [
        "what-if app", "create app", "what-if workspace", "create workspace",
        "code", "listed?", "listed?", "what-if events", "create events",
    ]  # fmt: skip
    assert calls[0] == "teal policy check --no-estimates --settings infra/main.parameters.json"
    deployed = next(call for call in calls if "config-zip" in call)
    assert "--resource-group rg-teal-trial --name func-teal --src out/teal.zip --build-remote true" in deployed


def test_each_layer_gets_what_the_ones_before_it_made(checkout: Path, desk: Desk) -> None:
    """As with azd's environment: by the outputs' names in the templates, quoted for the shell."""
    _, calls = desk.run(str(checkout / "infra/az/deploy.sh"), "--yes", **VARIABLES)
    [workspace] = [call for call in calls if call.startswith("with workspace:")]
    assert "TEAL_PRINCIPAL_ID=it's a principal TEAL_ALWAYS=false" in workspace
    [events] = [call for call in calls if call.startswith("with events:")]
    assert events.endswith('TEAL_WORKSPACES=[{"id":"/x"}] TEAL_REGION=northeurope TEAL_CODE_DEPLOYED=true')
    kept = (checkout / "out/az/trial.env").read_text()
    assert 'export AZURE_ENV_NAME="trial"' in kept
    assert "export TEAL_EVENT_TOPIC=evgt-ml-west" in kept


def test_nothing_is_deployed_without_an_answer(checkout: Path, desk: Desk) -> None:
    """Standard input is empty here, so even the first question has no answer."""
    code, calls = desk.run(str(checkout / "infra/az/deploy.sh"), **VARIABLES)
    assert code == 1
    assert steps(calls) == ["what-if app"]


@pytest.mark.parametrize("missing", sorted(VARIABLES))
def test_a_missing_variable_is_named(checkout: Path, desk: Desk, missing: str) -> None:
    """It is named before anything is requested from Azure."""
    code, calls = desk.run(str(checkout / "infra/az/deploy.sh"), "--yes", **{**VARIABLES, missing: ""})
    assert (code, calls) == (2, [])


def test_an_invalid_policy_is_never_deployed(checkout: Path, desk: Desk) -> None:
    """The check is that of azd's hook."""
    desk.stand_in("teal", "exit 2")
    code, calls = desk.run(str(checkout / "infra/az/deploy.sh"), "--yes", **VARIABLES)
    assert code == 2
    assert not [call for call in calls if call.startswith("az ")]


def test_what_only_azd_fills_in_is_refused(checkout: Path, desk: Desk) -> None:
    """Otherwise the app would get the text `${ALERTS}` as its setting."""
    file = checkout / "infra/main.parameters.json"
    written = json.loads(file.read_text())
    written["parameters"]["appSettings"]["value"] = {"alerts": "to ${ALERTS}"}
    file.write_text(json.dumps(written, indent=2))
    code, calls = desk.run(str(checkout / "infra/az/deploy.sh"), "--yes", **VARIABLES)
    assert (code, calls) == (2, [])


def test_the_parameters_and_their_variables_are_those_of_azd(root: Path) -> None:
    """Each parameter of main.parameters.json, from the same variable with the same default."""
    azd = json.loads((root / "infra/main.parameters.json").read_text())["parameters"]
    text = (root / "infra/az/main.bicepparam").read_text()
    az = dict(re.findall(r"^param (\w+) = (.*)$", text, re.MULTILINE))
    assert sorted(az) == sorted(azd)
    for name, parameter in azd.items():
        placeholder = re.fullmatch(r"\$\{(\w+)(?:=(.*))?\}", str(parameter["value"]))
        if placeholder is None:
            assert az[name] == f"written.{name}.value"
            continue
        variable, default = placeholder.groups()
        [(read, found)] = re.findall(r"readEnvironmentVariable\('(\w+)'(?:, '(.*)')?\)", az[name])
        assert read == variable
        assert name == "policies" or found == (default or "")


@pytest.mark.skipif(BICEP is None, reason="the Bicep compiler is not on the PATH")
def test_the_parameter_file_compiles_and_has_the_types_of_the_template(root: Path) -> None:
    """Only the required variables are needed."""
    command = [str(BICEP), "build-params", str(root / "infra/az/main.bicepparam"), "--stdout"]
    done = subprocess.run(command, env={**os.environ, **VARIABLES}, capture_output=True, text=True, check=False)  # noqa: S603 - found on the PATH
    assert (done.returncode, done.stderr) == (0, "")
    values = json.loads(json.loads(done.stdout)["parametersJson"])["parameters"]
    assert (values["evidenceDays"]["value"], values["vnetEnabled"]["value"]) == (30, False)
