"""Every setting survives `azd provision`, which replaces all of the app's settings: the templates have each of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cli.policy.deployed_settings import deployed_settings
from functions.requests import LARGEST_BODY
from shared.policies.problems import PolicyError
from shared.policies.variables import names_in

MENTIONED_IN = ("shared/**/*.py", "functions/**/*.py", "docs/*.md", "README.md", "CONTRIBUTING.md", "azure.yaml")
SETTING = re.compile(r"\bTEAL_[A-Z]+(?:_[A-Z]+)*\b")
# A faster clock is only for local rehearsals; the others are variables in a user's shell.
NEVER_IN_AZURE = {
    *("TEAL_AUDIENCE", "TEAL_CLOCK", "TEAL_KEY", "TEAL_VALUES"),
    *("TEAL_VERIFY_LIKE", "TEAL_VERIFY_MODEL", "TEAL_VERIFY_REQUEST"),
}


def mentions(root: Path, *patterns: str) -> dict[str, str]:
    """Return every setting mentioned in these files, with one of the files."""
    files = [path for pattern in patterns for path in root.glob(pattern)]
    return {name: path.name for path in files for name in SETTING.findall(path.read_text(encoding="utf-8"))}


def test_every_mentioned_setting_is_in_the_templates(root: Path) -> None:
    """A missing one would have to be set by hand, and would be lost at the next provision."""
    known = mentions(root, "infra/**/*.bicep", "infra/*.bicepparam", "infra/*.json")
    named = mentions(root, *MENTIONED_IN)
    assert len(named) > 15
    assert {name: place for name, place in named.items() if name not in known} == {
        name: named[name] for name in NEVER_IN_AZURE
    }


def test_every_optional_setting_that_the_app_reads_is_given_to_it(root: Path) -> None:
    """It must be an app setting, not only a variable of a hook."""
    read = set(SETTING.findall((root / "shared/settings.py").read_text()))
    settings = (root / "infra/main.bicep").read_text().split("settings: {")[1].split("}\n")[0]
    assert read - NEVER_IN_AZURE <= set(SETTING.findall(settings))


def test_variables_of_the_projects_policies_are_passed_on(root: Path) -> None:
    """A policy's `${NAME}` is also a setting."""
    passed_on = json.loads((root / "infra/main.parameters.json").read_text())["parameters"]["appSettings"]["value"]
    used = {name for path in (root / "policies").glob("*.y*ml") for name in names_in(path.read_text())}
    assert used <= set(passed_on)


def test_added_settings_cannot_override_teals_own(root: Path) -> None:
    """The last operand of `union` wins, so the operator's settings come first."""
    source = (root / "infra/modules/app.bicep").read_text()
    assert "properties: union(furtherSettings, settings, systemSettings)" in source
    assert "furtherSettings: appSettings" in (root / "infra/main.bicep").read_text()


@pytest.mark.parametrize(
    ("written", "environment", "variables"),
    [
        ({"FLOOR": "5"}, {}, {"FLOOR": "5"}),
        ({"FLOOR": "${FLOOR}"}, {"FLOOR": "7", "OTHER": "1"}, {"FLOOR": "7"}),
        ({"FLOOR": "${LOWEST=3}"}, {}, {"FLOOR": "3"}),
        ({"FLOOR": "${LOWEST=3}"}, {"LOWEST": "4"}, {"FLOOR": "4"}),
        ({"FLOOR": "${FLOOR}"}, {}, {}),  # empty in Azure, which is the same as unset
        ({}, {"TEAL_WORKSPACE": "mlw"}, {"TEAL_WORKSPACE": "mlw"}),  # a setting of the templates
    ],
)
def test_variables_are_those_that_the_deployment_sets(
    tmp_path: Path, written: dict[str, str], environment: dict[str, str], variables: dict[str, str]
) -> None:
    """Variables that are only set on this machine are not among them."""
    path = tmp_path / "main.parameters.json"
    path.write_text(json.dumps({"parameters": {"appSettings": {"value": written}}}))
    assert deployed_settings(path, environment) == variables


@pytest.mark.parametrize("text", ["", "[]", '{"parameters": {"appSettings": {"value": {"FLOOR": 5}}}}', "{"])
def test_an_unusable_parameter_file_is_named(tmp_path: Path, text: str) -> None:
    """The error says which file is invalid and what it should contain."""
    (tmp_path / "main.parameters.json").write_text(text)
    with pytest.raises(PolicyError, match=r"main\.parameters\.json.*appSettings"):
        deployed_settings(tmp_path / "main.parameters.json", {})


def test_the_host_refuses_large_bodies_before_the_app_has_them(root: Path) -> None:
    """The app refuses bodies over 1 MB, but only once they are in memory: 99 MB took 456 MB."""
    source = (root / "infra/modules/app.bicep").read_text()
    limit = re.search(r"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '(\d+)'", source)
    assert limit is not None
    assert LARGEST_BODY < int(limit[1]) <= 4 * LARGEST_BODY
