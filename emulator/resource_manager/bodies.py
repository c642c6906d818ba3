"""Request bodies, checked against Azure's published types: an unknown property is rejected by name.

Only the shape is checked here; `rules` and `compute_rules` check whether the values make sense together.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from emulator.arm_errors import bad_request
from emulator.resources import Json

_COMMON = frozenset({"description", "tags", "properties", "isAnonymous", "isArchived", "provisioningState", "stage"})
ASSET_PROPERTIES = {
    "models": _COMMON | {"modelUri", "modelType", "flavors", "jobName", "autoDeleteSetting", "systemMetadata"},
    "environments": _COMMON
    | {"autoRebuild", "build", "condaFile", "image", "inferenceConfig", "osType", "environmentType"},
    "codes": _COMMON | {"codeUri"},
    "data": _COMMON | {"dataUri", "dataType", "referencedUris", "autoDeleteSetting", "intellectualProperty"},
}
CONTAINER_PROPERTIES = _COMMON - {"isAnonymous", "stage"} | {"latestVersion", "nextVersion", "dataType"}
_READ_ONLY = ("id", "name", "type", "systemData")


def checked(kind: str, body: Json) -> Json:
    """Return `body` without nulls if it matches the type `kind`. Raises an ArmError 400 that names what does not.

    The values of tags, properties and environment variables become text: azure-ai-ml sends numbers and booleans as they
    are given, and the service stores and shows text.
    """
    body = _without_nulls(body)
    properties = body.get("properties")
    _make_texts(body, "tags")
    if isinstance(properties, dict):
        for name in ("tags", "properties", "environmentVariables"):
            _make_texts(properties, name)
    problem = next(_validator(kind).iter_errors(body), None)
    if problem is not None:
        place = ".".join(str(part) for part in problem.absolute_path) or "body"
        raise bad_request(f"The request is invalid at '{place}': {problem.message}", "InvalidRequestContent")
    return body


@cache
def definitions() -> Json:
    """Return the schemas of all bodies and their parts by name."""
    files = (Path(__file__).with_name(name) for name in ("schemas.json", "autoscale.json"))
    return {key: part for file in files for key, part in json.loads(file.read_text(encoding="utf-8"))["$defs"].items()}


def checked_properties(body: Json, known: frozenset[str]) -> Json:
    """Return an asset's body if all its properties are among `known`. Raises ArmError 400."""
    body = checked("asset", body)
    unknown = sorted(set(body["properties"]) - known)
    if unknown:
        raise bad_request(f"Could not find member '{unknown[0]}' on object 'properties'.", "InvalidRequestContent")
    return body


def _make_texts(owner: Json, name: str) -> None:
    """Turn the numbers and booleans of a map into their JSON text."""
    given = owner.get(name)
    if isinstance(given, dict):
        owner[name] = {key: json.dumps(each) if isinstance(each, (int, float)) else each for key, each in given.items()}


def writable(body: Json) -> Json:
    """Return the body of a resource without what only the service sets."""
    return {key: value for key, value in body.items() if key not in _READ_ONLY}


def check_patch(body: Json, resource: str, *allowed: str) -> None:
    """Raise ArmError 400 if a PATCH of `resource` changes anything but the `allowed` members."""
    refused = sorted(set(body) - set(allowed))
    if refused:
        raise bad_request(f"PATCH of {resource} can change {', '.join(allowed)} only, not '{refused[0]}'.")


def _without_nulls(value: Any) -> Any:  # noqa: ANN401  # any JSON value
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": definitions()})
