"""Writes what the templates evaluate to as plain templates for checkov, which cannot read newer Bicep.

`python -m tests.infra.review FOLDER` writes one per snapshot. The exceptions stay where a reviewer reads the resource:
each `checkov:skip=<check>:<reason>` in a Bicep file applies to the type of the resource that contains it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
# A resource, nested ones included, with the comments up to the next one.
RESOURCE = re.compile(r"^ *resource \w+ '([\w./]+)(?:@[\w-]+)?'(.*?)(?=^ *resource |\Z)", re.MULTILINE | re.DOTALL)
EXCEPTION = re.compile(r"checkov:skip=\w+:.+")

Exceptions = Mapping[str, list[str]]


def exceptions(bicep: str) -> dict[str, list[str]]:
    """Return the justified exceptions of a Bicep file by the resource type that they apply to."""
    found: dict[str, list[str]] = {}
    for resource in RESOURCE.finditer(bicep):
        for reason in EXCEPTION.findall(resource[2]):
            found.setdefault(resource[1], []).append(reason)
    return found


def plain_template(snapshot: Mapping[str, Any], justified: Exceptions) -> dict[str, Any]:
    """Return the resources of a snapshot as an ARM template with their exceptions."""
    resources = [
        each | {"metadata": {"checkov": justified.get(each["type"], [])}} for each in snapshot["predictedResources"]
    ]
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": resources}


def main(folder: Path) -> None:
    """Write the templates."""
    folder.mkdir(parents=True, exist_ok=True)
    justified: dict[str, list[str]] = {}
    for file in sorted((ROOT / "infra").rglob("*.bicep")):
        for kind, reasons in exceptions(file.read_text(encoding="utf-8")).items():
            justified.setdefault(kind, []).extend(reasons)
    for file in sorted((ROOT / "tests/infra/snapshots").glob("*.snapshot.json")):
        template = plain_template(json.loads(file.read_text(encoding="utf-8")), justified)
        (folder / file.name).write_text(json.dumps(template, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
