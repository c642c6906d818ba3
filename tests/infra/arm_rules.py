"""Rules for compiled ARM templates, after those of Microsoft's arm-ttk that Bicep's linter leaves out or only suggests.

The age of API versions is the linter's: `use-recent-api-versions` in bicepconfig.json, as a warning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
DEPLOYMENT = "Microsoft.Resources/deployments"
# Its newest version is a preview.
PREVIEWS = {"Microsoft.Insights/diagnosticSettings"}
# Where `location` does not mean a region.
GLOBAL = {
    "Microsoft.Insights/actionGroups",
    "Microsoft.Network/privateDnsZones",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
}
SECRET = re.compile(r"password|secret|connection_?string|access_?key|instrumentation_?key", re.IGNORECASE)
READS_SECRET = re.compile(r"\blist[A-Z]\w*\(|\.ConnectionString\b", re.IGNORECASE)
CLOUD = re.compile(r"https?://[^'\"\s]*(?:windows\.net|azure\.com|azurewebsites\.net|microsoftonline\.com)")


def broken_rules(template: Json, name: str) -> Iterator[str]:
    """Yield what is wrong in a compiled template and all that are nested in it, with the place."""
    resources = template["resources"]
    listed = list(resources.values() if isinstance(resources, dict) else resources)
    apart = {"$schema": "", "resources": [_without_template(each) for each in listed], "parameters": {}}
    own = json.dumps(template | apart)
    yield from _parameters(template, own, name)
    yield from _outputs(template, name)
    if hard_coded := CLOUD.search(own):
        yield f"{name}: the address {hard_coded[0]} belongs to one cloud"
    for resource in listed:
        yield from _resource(resource, name)
        if resource["type"] == DEPLOYMENT:
            yield from broken_rules(resource["properties"]["template"], f"{name} > {resource['name']}")


def _parameters(template: Json, own: str, name: str) -> Iterator[str]:
    for parameter, declared in template.get("parameters", {}).items():
        if not declared.get("metadata", {}).get("description"):
            yield f"{name}: the parameter {parameter} has no description"
        if f"parameters('{parameter}')" not in own:
            yield f"{name}: the parameter {parameter} is not used"
        if SECRET.search(parameter) and not declared["type"].lower().startswith("secure"):
            yield f"{name}: the parameter {parameter} is not secure"
    for variable in template.get("variables", {}):
        if variable != "copy" and f"variables('{variable}')" not in own:
            yield f"{name}: the variable {variable} is not used"


def _outputs(template: Json, name: str) -> Iterator[str]:
    for output, declared in template.get("outputs", {}).items():
        if SECRET.search(output) or READS_SECRET.search(str(declared.get("value"))):
            yield f"{name}: the output {output} shows a secret"


def _resource(resource: Json, name: str) -> Iterator[str]:
    kind, version = resource["type"], resource["apiVersion"]
    if "preview" in version and kind not in PREVIEWS:
        yield f"{name}: {kind} has the preview version {version}"
    location = resource.get("location", "[]")
    if not location.startswith("[") and (kind not in GLOBAL or location != "global"):
        yield f"{name}: {kind} has the fixed location {location}"
    if kind == DEPLOYMENT and not resource.get("existing"):
        scope = resource["properties"].get("expressionEvaluationOptions", {}).get("scope")
        if scope != "inner":
            yield f"{name}: a nested deployment evaluates its expressions outside"


def _without_template(resource: Json) -> Json:
    """Return a resource without the nested template, whose expressions have parameters of their own."""
    if resource["type"] != DEPLOYMENT:
        return resource
    return {**resource, "properties": {**resource["properties"], "template": {}}}
