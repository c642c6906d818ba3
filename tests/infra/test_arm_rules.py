"""The rules for compiled templates find what they are for, and cover every test of arm-ttk."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.infra.arm_rules import BY_THE_LINTER, NOT_APPLICABLE, OURS, RULES, broken_rules
from tests.infra.arm_template import DEPLOYMENT

# Every test of Azure/arm-ttk for templates (arm-ttk/testcases/deploymentTemplate).
ARM_TTK = """
adminPassword-Should-Not-Be-A-Literal adminUsername-Should-Not-Be-A-Literal apiVersions-Should-Be-Recent
apiVersions-Should-Be-Recent-In-Reference-Functions artifacts-parameter
CommandToExecute-Must-Use-ProtectedSettings-For-Secrets DependsOn-Best-Practices DependsOn-Must-Not-Be-Conditional
Deployment-Resources-Must-Not-Be-Debug DeploymentTemplate-Must-Not-Contain-Hardcoded-Uri
DeploymentTemplate-Schema-Is-Correct Dynamic-Variable-References-Should-Not-Use-Concat
Expressions-May-Not-Be-Used-As-Parameter-Or-Variable-Names External-Links-Must-Reference-ArtifactsLocation
IDs-Should-Be-Derived-From-ResourceIDs Location-Should-Not-Be-Hardcoded ManagedIdentityExtension-must-not-be-used
Min-And-Max-Value-Are-Numbers Outputs-Must-Not-Contain-Secrets Parameter-Types-Should-Be-Consistent
Parameters-Must-Be-Referenced Parameters-Property-Must-Exist Password-params-must-be-secure
providers_apiVersions-Is-Not-Permitted Reference-Function-Must-Not-Use-Preview-ApiVersion
ResourceIds-should-not-contain Resources-Should-Have-Location Resources-Should-Not-Be-Ambiguous
Secure-Params-In-Nested-Deployments Secure-String-Parameters-Cannot-Have-Default Template-Should-Not-Contain-Blanks
URIs-Should-Be-Properly-Constructed Variables-Must-Be-Referenced Virtual-Machines-Should-Not-Be-Preview
VM-Images-Should-Use-Latest-Version VM-Size-Should-Be-A-Parameter
"""
ACCOUNT = "Microsoft.Storage/storageAccounts"
GOOD: dict[str, Any] = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "parameters": {
        "region": {"type": "string", "metadata": {"description": "Region."}},
        "days": {"type": "int", "minValue": 1, "maxValue": 9, "metadata": {"description": "Days."}},
        "token": {"type": "secureString", "metadata": {"description": "Token."}},
    },
    "variables": {"kind": "StorageV2"},
    "resources": {
        "account": {
            "type": ACCOUNT,
            "apiVersion": "2025-01-01",
            "location": "[parameters('region')]",
            "kind": "[variables('kind')]",
            "dependsOn": ["plan"],
            "properties": {"days": "[parameters('days')]", "token": "[parameters('token')]"},
        }
    },
    "outputs": {"id": {"type": "string", "value": f"[resourceId('{ACCOUNT}', 'x')]"}},
}


def nested(template: dict[str, Any], **more: object) -> dict[str, Any]:
    """Return a template that deploys another one, with a parameter of the same name."""
    passed = {"region": {"value": "[parameters('region')]"}}
    inner = {"expressionEvaluationOptions": {"scope": "inner"}, "parameters": passed, "template": template, **more}
    deployment = {"type": DEPLOYMENT, "apiVersion": "2025-04-01", "name": "inner", "properties": inner}
    region = {"region": GOOD["parameters"]["region"]}
    return {"$schema": GOOD["$schema"], "parameters": region, "resources": [deployment]}


def changed(template: dict[str, Any], place: str, value: object) -> dict[str, Any]:
    """Return a copy with another value at a place such as `outputs/id/value`; None removes it."""
    copied = copy.deepcopy(template)
    *path, last = place.split("/")
    target = copied
    for key in path:
        target = target.setdefault(key, {})
    if value is None:
        del target[last]
    else:
        target[last] = value
    return copied


RESOURCE = "resources/account"
BROKEN = [
    ("DeploymentTemplate-Schema-Is-Correct", "$schema", "https://example.org/deploymentTemplate.json#"),
    ("Parameters-Must-Be-Referenced", f"{RESOURCE}/location", "[deployment().location]"),
    ("Variables-Must-Be-Referenced", f"{RESOURCE}/kind", "Storage"),
    ("Expressions-May-Not-Be-Used-As-Parameter-Or-Variable-Names", "variables/[kind]", "x"),
    ("Password-params-must-be-secure", "parameters/clientSecret", {"type": "string"}),
    ("Secure-String-Parameters-Cannot-Have-Default", "parameters/token/defaultValue", "abc"),
    ("Min-And-Max-Value-Are-Numbers", "parameters/days/maxValue", None),
    ("Min-And-Max-Value-Are-Numbers", "parameters/days/maxValue", "9"),
    ("adminUsername-Should-Not-Be-A-Literal", f"{RESOURCE}/properties/adminUserName", "root"),
    ("adminPassword-Should-Not-Be-A-Literal", f"{RESOURCE}/properties/adminPassword", "root"),
    ("Location-Should-Not-Be-Hardcoded", "parameters/location", {"type": "string", "defaultValue": "westus"}),
    ("Resources-Should-Have-Location", f"{RESOURCE}/location", "westeurope"),
    ("Resources-Should-Have-Location", f"{RESOURCE}/location", "global"),
    ("DeploymentTemplate-Must-Not-Contain-Hardcoded-Uri", "outputs/id/value", "https://x.blob.core.windows.net"),
    ("DeploymentTemplate-Must-Not-Contain-Hardcoded-Uri", "outputs/id/value", "[uri('management.azure.com', 'x')]"),
    ("Outputs-Must-Not-Contain-Secrets", "outputs/id/value", "[listKeys('x', '2025-01-01').keys[0].value]"),
    ("Outputs-Must-Not-Contain-Secrets", "outputs/id/value", "[reference('appi').ConnectionString]"),
    ("Outputs-Must-Not-Contain-Secrets", "outputs/id/value", "[concat('a ', parameters('token'))]"),
    ("Outputs-Must-Not-Contain-Secrets", "outputs/accessKey", {"type": "string", "value": "x"}),
    ("apiVersions-Should-Be-Recent", f"{RESOURCE}/apiVersion", "2025-06-01-preview"),
    (
        "Reference-Function-Must-Not-Use-Preview-ApiVersion",
        "outputs/id/value",
        "[reference(resourceId('a/b', 'c'), '2025-01-01-preview').id]",
    ),
    ("providers_apiVersions-Is-Not-Permitted", f"{RESOURCE}/apiVersion", "[providers('a', 'b').apiVersions[0]]"),
    ("Template-Should-Not-Contain-Blanks", f"{RESOURCE}/properties/sku", {}),
    ("Template-Should-Not-Contain-Blanks", f"{RESOURCE}/properties/name", ""),
    ("DependsOn-Best-Practices", f"{RESOURCE}/dependsOn", ["[concat(variables('kind'))]"]),
    ("DependsOn-Must-Not-Be-Conditional", f"{RESOURCE}/dependsOn", ["[if(true(), variables('kind'), '')]"]),
    (
        "IDs-Should-Be-Derived-From-ResourceIDs",
        "outputs/id/value",
        "[concat('/subscriptions/', subscription().subscriptionId)]",
    ),
    ("IDs-Should-Be-Derived-From-ResourceIDs", "outputs/id/value", "[format('{0}/subnets/app', variables('kind'))]"),
    (
        "ResourceIds-should-not-contain",
        "outputs/id/value",
        "[resourceId(subscription().subscriptionId, resourceGroup().name, 'a/b', 'c')]",
    ),
    ("ResourceIds-should-not-contain", "outputs/id/value", "[reference(concat('a/', 'b')).x]"),
    ("URIs-Should-Be-Properly-Constructed", "outputs/id/value", "[format('https://{0}/x', variables('kind'))]"),
    ("URIs-Should-Be-Properly-Constructed", "outputs/id/value", "[format('{0}{1}', reference('a').blob, 'x')]"),
    ("Dynamic-Variable-References-Should-Not-Use-Concat", "outputs/id/value", "[variables(concat('ki', 'nd'))]"),
    ("External-Links-Must-Reference-ArtifactsLocation", f"{RESOURCE}/properties/templateLink", {"uri": "https://x"}),
    ("ManagedIdentityExtension-must-not-be-used", f"{RESOURCE}/properties/type", "ManagedIdentityExtensionForLinux"),
    ("Ours-Parameters-Have-Descriptions", "parameters/region/metadata", {}),
]
ONLY_OUTSIDE = [
    ("Deployment-Resources-Must-Not-Be-Debug", {"debugSetting": {"detailLevel": "requestContent"}}),
    ("Secure-Params-In-Nested-Deployments", {"expressionEvaluationOptions": {"scope": "outer"}}),
    ("Parameter-Types-Should-Be-Consistent", {"parameters": {"days": {"value": "[parameters('region')]"}}}),
]


@pytest.mark.parametrize(("rule", "place", "value"), BROKEN, ids=[f"{each[0]}-{each[1]}" for each in BROKEN])
@pytest.mark.parametrize("wrap", [lambda template: template, nested], ids=["top", "module"])
def test_each_rule_notices(wrap: Any, rule: str, place: str, value: object) -> None:  # noqa: ANN401  # either function
    """At the top and in a module; a good template breaks none."""
    assert list(broken_rules(wrap(GOOD), "main")) == []
    found = list(broken_rules(wrap(changed(GOOD, place, value)), "main"))
    assert [each for each in found if each.startswith(f"{rule}: main")], found


@pytest.mark.parametrize(("rule", "properties"), ONLY_OUTSIDE, ids=[each[0] for each in ONLY_OUTSIDE])
def test_each_rule_about_modules_notices(rule: str, properties: dict[str, object]) -> None:
    """How a module is deployed is checked too."""
    found = list(broken_rules(nested(GOOD, **properties), "main"))
    assert [each for each in found if each.startswith(f"{rule}: main")], found


def test_a_template_without_parameters_is_noticed() -> None:
    """Only the outermost template must have them."""
    bare = {"$schema": GOOD["$schema"], "resources": []}
    assert list(broken_rules(bare, "main")) == ["Parameters-Property-Must-Exist: main: it has no parameters"]


def test_every_rule_has_an_example() -> None:
    """No rule is listed that cannot fail."""
    assert {each[0] for each in (*BROKEN, *ONLY_OUTSIDE)} | {"Parameters-Property-Must-Exist"} == set(RULES)


def test_every_test_of_arm_ttk_is_accounted_for() -> None:
    """By a rule, by the linter, or with the reason why there is nothing to check."""
    assert set(ARM_TTK.split()) == {*RULES, *BY_THE_LINTER, *NOT_APPLICABLE} - OURS


def test_the_linter_checks_what_is_left_to_it(root: Path) -> None:
    """Its rules are enabled as warnings, and no warning is accepted."""
    text = (root / "infra/bicepconfig.json").read_text(encoding="utf-8")
    rules = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))["analyzers"]["core"]["rules"]
    assert {rules[name]["level"] for name in BY_THE_LINTER.values()} == {"warning"}


def test_there_is_no_virtual_machine(root: Path) -> None:
    """So the rules about them have nothing to check."""
    assert [file for file in (root / "infra").rglob("*.bicep") if "Microsoft.Compute/" in file.read_text()] == []


def test_the_parameter_file_is_well_formed(root: Path) -> None:
    """arm-ttk's tests for parameter files: the schema, the version of the content, and a value for each parameter."""
    file = json.loads((root / "infra/main.parameters.json").read_text(encoding="utf-8"))
    assert re.fullmatch(
        r"https://schema\.management\.azure\.com/schemas/2019-04-01/deploymentParameters\.json#", file["$schema"]
    )
    assert re.fullmatch(r"(\d+\.){3}\d+", file["contentVersion"])
    assert [name for name, each in file["parameters"].items() if list(each) != ["value"]] == []
