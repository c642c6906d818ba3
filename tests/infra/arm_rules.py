"""Rules for compiled ARM templates: what Microsoft's arm-ttk checks, under its names, written from its documentation.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-test-cases and the names of its tests in
Azure/arm-ttk. It needs PowerShell, so each of its tests is a rule here (`RULES`), or one of Bicep's linter that is
switched on in bicepconfig.json (`BY_THE_LINTER`), or has nothing to check here (`NOT_APPLICABLE`). `OURS` are not its.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from tests.infra.arm_template import Json, Template, values

Rule = Callable[[Template], Iterator[str]]
SCHEMAS = {
    "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
}
# Its newest version is a preview.
PREVIEWS = {"Microsoft.Insights/diagnosticSettings"}
# Properties named `location` that are not a region.
GLOBAL = {
    "Microsoft.Insights/actionGroups",
    "Microsoft.Network/privateDnsZones",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
}
SECRET = re.compile(r"password|secret|connection_?string|access_?key|instrumentation_?key", re.IGNORECASE)
READS_SECRET = re.compile(r"\blist[A-Z]\w*\(|\.ConnectionString\b", re.IGNORECASE)
_CLOUDS = "windows.net|azure.com|azure.net|azurewebsites.net|microsoftonline.com|loganalytics.io".replace(".", r"\.")
CLOUD = re.compile(rf"[\w.-]*\b(?:{_CLOUDS})\b")
PREVIEW_REFERENCE = re.compile(r"\breference\([^\"]*'\d{4}-\d\d-\d\d-preview'")
# Bicep itself writes a scope in another resource group this way, within `extensionResourceId`.
PIECED_ID = re.compile(
    r"(?<!extensionResourceId\()\b(?:format|concat)\('(?:/subscriptions/|\{0\}/(?:providers|subnets)/)"
)
# For a subscription there is no current resource group, so the subscription must be named before the group.
REDUNDANT = re.compile(
    r"\bresourceId\((?:subscription\(\)\.subscriptionId, )?resourceGroup\(\)\.name"
    r"|\bresourceId\(subscription\(\)\.subscriptionId, '"
    r"|\b(?:reference|list\w+)\(concat\("
)
PIECED_URL = re.compile(r"\b(?:format|concat)\('(?:https?://|\{0\}\{1\})")
# `uri` joins an address and a path below it; these are addresses of a host whose name is computed.
HOSTS = {("outputs", "url", "value"), ("variables", "tablesEndpoint")}
# Resource Manager requires an empty object for each identity, and Bicep writes one for a decorator.
MEANT_TO_BE_EMPTY = re.compile(r"/userAssignedIdentities/|^@options/")


def broken_rules(body: Json, name: str) -> Iterator[str]:
    """Yield what is wrong in a compiled template and all that are nested in it, with rule and place."""
    for rule in RULES:
        yield from broken(rule, Template(body, name))


def broken(rule: str, template: Template) -> Iterator[str]:
    """Yield what is wrong by one rule in a template and all that are nested in it."""
    yield from (f"{rule}: {template.name}: {problem}" for problem in RULES[rule](template))
    for _, inner in template.modules:
        yield from broken(rule, inner)


def _schema(template: Template) -> Iterator[str]:
    if template.body.get("$schema") not in SCHEMAS:
        yield f"the schema {template.body.get('$schema')} is unknown"


def _has_parameters(template: Template) -> Iterator[str]:
    if not template.nested and "parameters" not in template.body:
        yield "it has no parameters"


def _parameters_used(template: Template) -> Iterator[str]:
    text = template.text
    yield from (
        f"the parameter {name} is not used" for name in template.parameters if f"parameters('{name}')" not in text
    )


def _variables_used(template: Template) -> Iterator[str]:
    text = template.text
    yield from (f"the variable {name} is not used" for name in template.variables if f"variables('{name}')" not in text)


def _names(template: Template) -> Iterator[str]:
    yield from (
        f"{name} is an expression" for name in (*template.parameters, *template.variables) if name.startswith("[")
    )


def _secure(template: Template) -> dict[str, Json]:
    return {name: each for name, each in template.parameters.items() if each["type"].lower().startswith("secure")}


def _secret_parameters(template: Template) -> Iterator[str]:
    for name in template.parameters:
        if SECRET.search(name) and name not in _secure(template):
            yield f"the parameter {name} is not secure"


def _secure_defaults(template: Template) -> Iterator[str]:
    for name, declared in _secure(template).items():
        if declared.get("defaultValue", "") not in {"", "[newGuid()]"}:
            yield f"the secure parameter {name} has a default"


def _bounds(template: Template) -> Iterator[str]:
    for name, declared in template.parameters.items():
        bounds = [declared[key] for key in ("minValue", "maxValue") if key in declared]
        if len(bounds) == 1:
            yield f"the parameter {name} has one bound only"
        if any(type(bound) is not int for bound in bounds):
            yield f"the parameter {name} has a bound that is not a number"


def _literals(template: Template) -> Iterator[str]:
    for path, value in values(template.own):
        literal = isinstance(value, str) and not value.startswith("[")
        if path and path[-1].lower() in {"adminusername", "adminpassword"} and literal:
            yield f"{path[-1]} is a literal"


def _locations(template: Template) -> Iterator[str]:
    default = template.parameters.get("location", {}).get("defaultValue")
    if default is not None and (template.nested or not default.startswith("[")):
        yield f"location has the default {default}"


def _resource_locations(template: Template) -> Iterator[str]:
    for resource in template.resources:
        kind, location = resource["type"], resource.get("location", "[]")
        if not location.startswith("[") and (kind not in GLOBAL or location != "global"):
            yield f"{kind} has the fixed location {location}"


def _addresses(template: Template) -> Iterator[str]:
    yield from (f"the address {found} belongs to one cloud" for found in CLOUD.findall(template.text))


def _outputs(template: Template) -> Iterator[str]:
    secure = [f"parameters('{name}')" for name in _secure(template)]
    for name, declared in template.outputs.items():
        value = str(declared.get("value"))
        if SECRET.search(name) or READS_SECRET.search(value) or any(each in value for each in secure):
            yield f"the output {name} shows a secret"


def _versions(template: Template) -> Iterator[str]:
    for resource in template.resources:
        if "preview" in resource["apiVersion"] and resource["type"] not in PREVIEWS:
            yield f"{resource['type']} has the preview version {resource['apiVersion']}"


def _blanks(template: Template) -> Iterator[str]:
    for resource in template.own["resources"]:
        for path, value in values(resource):
            empty = value is None or value in ("", {}, [])
            if empty and not MEANT_TO_BE_EMPTY.search("/".join(path)):
                yield f"{resource['type']}: {'/'.join(path)} is empty"


def _dependencies(template: Template) -> Iterator[str]:
    for resource in template.resources:
        for each in resource.get("dependsOn", []):
            if re.match(r"\[concat\(|.*\bif\(", each):
                yield f"{resource['type']} depends on {each}"


def _urls(template: Template) -> Iterator[str]:
    for path, value in values(template.own):
        if isinstance(value, str) and PIECED_URL.search(value) and path not in HOSTS:
            yield f"{'/'.join(path)} puts an address together: use uri()"


def _debug(template: Template) -> Iterator[str]:
    for properties, inner in template.modules:
        if properties.get("debugSetting", {}).get("detailLevel", "none") != "none":
            yield f"{inner.name} is debugged"


def _evaluated_inside(template: Template) -> Iterator[str]:
    for properties, inner in template.modules:
        if properties.get("expressionEvaluationOptions", {}).get("scope") != "inner":
            yield f"{inner.name} evaluates its expressions outside"


def _same_types(template: Template) -> Iterator[str]:
    for properties, inner in template.modules:
        for name, given in properties.get("parameters", {}).items():
            passed = re.fullmatch(
                r"\[parameters\('(\w+)'\)\]", str(given.get("value") if isinstance(given, dict) else "")
            )
            outside = template.parameters[passed[1]]["type"] if passed else inner.parameters[name]["type"]
            if outside.lower() != inner.parameters[name]["type"].lower():
                yield f"{inner.name} gets {outside} as {name}"


def _descriptions(template: Template) -> Iterator[str]:
    for name, declared in template.parameters.items():
        if not declared.get("metadata", {}).get("description"):
            yield f"the parameter {name} has no description"


def _without(pattern: str | re.Pattern[str], problem: str) -> Rule:
    """Return the rule that no expression contains a pattern."""

    def rule(template: Template) -> Iterator[str]:
        yield from (f"{problem}: {found[0]}" for found in re.finditer(pattern, template.text))

    return rule


RULES: Mapping[str, Rule] = {
    "DeploymentTemplate-Schema-Is-Correct": _schema,
    "Parameters-Property-Must-Exist": _has_parameters,
    "Parameters-Must-Be-Referenced": _parameters_used,
    "Variables-Must-Be-Referenced": _variables_used,
    "Expressions-May-Not-Be-Used-As-Parameter-Or-Variable-Names": _names,
    "Password-params-must-be-secure": _secret_parameters,
    "Secure-String-Parameters-Cannot-Have-Default": _secure_defaults,
    "Min-And-Max-Value-Are-Numbers": _bounds,
    "adminUsername-Should-Not-Be-A-Literal": _literals,
    "adminPassword-Should-Not-Be-A-Literal": _literals,
    "Location-Should-Not-Be-Hardcoded": _locations,
    "Resources-Should-Have-Location": _resource_locations,
    "DeploymentTemplate-Must-Not-Contain-Hardcoded-Uri": _addresses,
    "Outputs-Must-Not-Contain-Secrets": _outputs,
    "apiVersions-Should-Be-Recent": _versions,
    "Reference-Function-Must-Not-Use-Preview-ApiVersion": _without(PREVIEW_REFERENCE, "a preview version"),
    "providers_apiVersions-Is-Not-Permitted": _without(r"\bproviders\(", "a version that is looked up"),
    "Template-Should-Not-Contain-Blanks": _blanks,
    "DependsOn-Best-Practices": _dependencies,
    "DependsOn-Must-Not-Be-Conditional": _dependencies,
    "IDs-Should-Be-Derived-From-ResourceIDs": _without(PIECED_ID, "a resource id from pieces"),
    "ResourceIds-should-not-contain": _without(REDUNDANT, "a needless argument"),
    "URIs-Should-Be-Properly-Constructed": _urls,
    "Dynamic-Variable-References-Should-Not-Use-Concat": _without(r"\bvariables\(\s*concat\(", "a computed name"),
    "External-Links-Must-Reference-ArtifactsLocation": _without(r'"templateLink"', "a linked template"),
    "Deployment-Resources-Must-Not-Be-Debug": _debug,
    "Secure-Params-In-Nested-Deployments": _evaluated_inside,
    "Parameter-Types-Should-Be-Consistent": _same_types,
    "ManagedIdentityExtension-must-not-be-used": _without("ManagedIdentityExtension", "the old extension"),
    "Ours-Parameters-Have-Descriptions": _descriptions,
}
OURS = {"Ours-Parameters-Have-Descriptions"}
BY_THE_LINTER = {
    "apiVersions-Should-Be-Recent": "use-recent-api-versions",
    "apiVersions-Should-Be-Recent-In-Reference-Functions": "use-recent-api-versions",
    "artifacts-parameter": "artifacts-parameters",
    "CommandToExecute-Must-Use-ProtectedSettings-For-Secrets": "protect-commandtoexecute-secrets",
    "Virtual-Machines-Should-Not-Be-Preview": "use-stable-vm-image",
}
NOT_APPLICABLE = {
    "Resources-Should-Not-Be-Ambiguous": "arm-ttk itself has switched it off",
    "VM-Images-Should-Use-Latest-Version": "no virtual machine; arm-ttk itself has switched it off",
    "VM-Size-Should-Be-A-Parameter": "no virtual machine",
}
