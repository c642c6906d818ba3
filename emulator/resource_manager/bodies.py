"""Request bodies: checked against what Azure publishes, so that a property Azure does not know is refused by name.

It judges shape only; whether values make sense together is for `rules`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from emulator.resource_manager.errors import bad_request
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


def checked(kind: str, body: Json) -> Json:
    """Return `body` without nulls if it fits the type `kind`. Raises ArmError 400 that names what does not."""
    body = _without_nulls(body)
    problem = next(_validator(kind).iter_errors(body), None)
    if problem is not None:
        place = ".".join(str(part) for part in problem.absolute_path) or "body"
        raise bad_request(f"The request is invalid at '{place}': {problem.message}", "InvalidRequestContent")
    return body


@cache
def definitions() -> Json:
    """Return the schemas of all kinds of bodies, and of their parts, by name."""
    files = (Path(__file__).with_name(name) for name in ("schemas.json", "autoscale.json"))
    return {key: part for file in files for key, part in json.loads(file.read_text(encoding="utf-8"))["$defs"].items()}


def checked_properties(body: Json, known: frozenset[str]) -> Json:
    """Return an asset's body if its properties are among `known`. Raises ArmError 400."""
    body = checked("asset", body)
    unknown = sorted(set(body["properties"]) - known)
    if unknown:
        raise bad_request(f"Could not find member '{unknown[0]}' on object 'properties'.", "InvalidRequestContent")
    return body


def _without_nulls(value: Any) -> Any:  # noqa: ANN401  # any JSON value
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": definitions()})
