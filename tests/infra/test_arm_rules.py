"""The rules for compiled templates notice what they are for."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.infra.arm_rules import DEPLOYMENT, broken_rules

GOOD: dict[str, Any] = {
    "parameters": {"region": {"type": "string", "metadata": {"description": "Region."}}},
    "variables": {"kind": "StorageV2"},
    "resources": {
        "account": {
            "type": "Microsoft.Storage/storageAccounts",
            "apiVersion": "2025-01-01",
            "location": "[parameters('region')]",
            "kind": "[variables('kind')]",
        }
    },
    "outputs": {"id": {"type": "string", "value": "[resourceId('Microsoft.Storage/storageAccounts', 'x')]"}},
}


def nested(template: dict[str, Any]) -> dict[str, Any]:
    """Return a template that deploys another one, with a parameter of the same name."""
    inner = {"expressionEvaluationOptions": {"scope": "inner"}, "template": template}
    deployment = {"type": DEPLOYMENT, "apiVersion": "2025-04-01", "name": "inner", "properties": inner}
    return {"parameters": {}, "resources": [deployment]}


@pytest.mark.parametrize(
    ("place", "value", "problem"),
    [
        (("parameters", "region", "metadata"), {}, "the parameter region has no description"),
        (("resources", "account", "location"), "westeurope", "has the fixed location westeurope"),
        (("resources", "account", "location"), "global", "has the fixed location global"),
        (("resources", "account", "location"), "[deployment().location]", "the parameter region is not used"),
        (("resources", "account", "kind"), "Storage", "the variable kind is not used"),
        (("resources", "account", "apiVersion"), "2025-06-01-preview", "has the preview version"),
        (("outputs", "id", "value"), "[listKeys('x', '2025-01-01').keys[0].value]", "the output id shows a secret"),
        (("outputs", "id", "value"), "[reference('appi').ConnectionString]", "the output id shows a secret"),
        (("outputs", "id", "value"), "https://x.blob.core.windows.net", "belongs to one cloud"),
    ],
)
@pytest.mark.parametrize("wrap", [lambda template: template, nested], ids=["top", "nested"])
def test_each_rule_notices(wrap: Any, place: tuple[str, ...], value: object, problem: str) -> None:  # noqa: ANN401  # either function
    """At the top and in a module; a good template breaks none."""
    assert list(broken_rules(wrap(GOOD), "main")) == []
    template = copy.deepcopy(GOOD)
    target = template
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value
    assert [each for each in broken_rules(wrap(template), "main") if problem in each]


def test_a_secret_parameter_must_be_secure() -> None:
    """By its name."""
    template = copy.deepcopy(GOOD)
    template["parameters"]["clientSecret"] = {"type": "string", "metadata": {"description": "Secret."}}
    template["variables"]["kind"] = "[parameters('clientSecret')]"
    assert list(broken_rules(template, "main")) == ["main: the parameter clientSecret is not secure"]
    template["parameters"]["clientSecret"]["type"] = "securestring"
    assert list(broken_rules(template, "main")) == []
