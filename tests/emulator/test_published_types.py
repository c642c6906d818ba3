"""Responses compared with Microsoft's published types: they have no unknown property and no invalid value.

`published_types.json` says where they come from. What Azure shows and the emulator does not is listed here as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from tests.emulator.arm import Arm, autoscale_setting
from tests.emulator.assets import Assets

Json = dict[str, Any]
WORKSPACE = "Microsoft.MachineLearningServices/workspaces"
SETTINGS = "onlineEndpoints/served/providers/Microsoft.Insights/diagnosticSettings/set-by-policy"
READER = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"


@cache
def published(kind: str) -> Json:
    """Return the schema of a type's responses."""
    document = json.loads(Path(__file__).with_name("published_types.json").read_text(encoding="utf-8"))
    return dict(document["types"][kind]["schema"])


def problems(kind: str, body: Json) -> Iterator[str]:
    """Yield what the body's published type does not allow. The case of the type's name varies in Azure too."""
    assert body["type"].lower() == kind.lower()
    for error in Draft202012Validator(published(kind)).iter_errors({**body, "type": kind}):
        nearest = best_match([error]) or error
        yield f"{'/'.join(str(part) for part in nearest.absolute_path)}: {nearest.message}"


def names(kind: str) -> set[str]:
    """Return the names of a type's properties."""
    schema = published(kind)

    def resolved(part: Json) -> Json:
        while "properties" not in part:
            options = part.get("anyOf") or part.get("oneOf") or [schema["$defs"][part["$ref"].rpartition("/")[2]]]
            part = options[0]
        return part

    return set(resolved(resolved(schema)["properties"]["properties"])["properties"])


@pytest.fixture(scope="module")
def existing(arm: Arm, served: str, assets: Assets) -> None:
    """Create the resources that only these tests read."""
    assert (served, assets.model) == ("served", arm.call("GET", "models/word/versions/1").json()["id"])
    folder = "azureml://datastores/workspaceblobstore/paths/typed"
    arm.put("data/typed/versions/1", {"properties": {"dataUri": folder, "dataType": "uri_folder"}})
    arm.put("environments/typed/versions/1", {"properties": {"image": "mcr.example/typed:1", "condaFile": "{}"}})


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("onlineEndpoints", "onlineEndpoints/served"),
        ("onlineEndpoints/deployments", "onlineEndpoints/served/deployments/blue"),
        ("models", "models/word"),
        ("models/versions", "models/word/versions/1"),
        ("codes", "codes/echo"),
        ("codes/versions", "codes/echo/versions/1"),
        ("environments", "environments/typed"),
        ("environments/versions", "environments/typed/versions/1"),
        ("data", "data/typed"),
        ("data/versions", "data/typed/versions/1"),
    ],
)
@pytest.mark.usefixtures("existing")
def test_workspace(arm: Arm, kind: str, path: str) -> None:
    """Everything in a workspace conforms to its type, alone and in its list."""
    body = arm.call("GET", path).json()
    assert list(problems(f"{WORKSPACE}/{kind}", body)) == []
    listed = arm.call("GET", path.rpartition("/")[0]).json()["value"]
    assert [found for each in listed for found in problems(f"{WORKSPACE}/{kind}", each)] == []
    assert body in listed


def test_around_the_workspace(arm: Arm, served: str) -> None:
    """Diagnostic settings, autoscale settings and role assignments conform too."""
    assert list(problems("Microsoft.Insights/diagnosticSettings", arm.call("GET", SETTINGS).json())) == []
    group = f"https://management.azure.com{arm.cloud.workspace_id}".partition("/providers/")[0]
    blue = f"{arm.cloud.workspace_id}/onlineEndpoints/{served}/deployments/blue"
    bodies = {
        "Microsoft.Insights/autoscalesettings": autoscale_setting(blue),
        "Microsoft.Authorization/roleAssignments": {"properties": {"roleDefinitionId": READER, "principalId": "typed"}},
    }
    for kind, body in bodies.items():
        url, version = f"{group}/providers/{kind}/typed", {"api-version": "2022-04-01"}
        answer = arm.send("PUT", url, body, version)
        assert (answer.status_code, list(problems(kind, answer.json()))) == (201, [])
        assert arm.send("DELETE", url, params=version).status_code == 200


@pytest.mark.parametrize(
    ("kind", "path", "left_out"),
    [
        ("onlineEndpoints", "onlineEndpoints/served", {"compute", "description", "keys"}),
        (
            "onlineEndpoints/deployments",
            "onlineEndpoints/served/deployments/blue",
            {"containerResourceRequirements", "dataCollector", "description", "modelMountPath", "startupProbe"},
        ),
        ("models/versions", "models/word/versions/1", {"description", "jobName", "stage"}),
        (
            "environments/versions",
            "environments/typed/versions/1",
            {"build", "description", "inferenceConfig", "stage"},
        ),
    ],
)
@pytest.mark.usefixtures("existing")
def test_what_is_left_out(arm: Arm, kind: str, path: str, left_out: set[str]) -> None:
    """A property is missing only if it was not given and has no default."""
    assert names(f"{WORKSPACE}/{kind}") - set(arm.properties(path)) == left_out


@pytest.mark.parametrize(("method", "status", "kind"), [("GET", 200, "reads"), ("POST", 501, "writes")])
@pytest.mark.usefixtures("existing")
def test_headers(arm: Arm, method: str, status: int, kind: str) -> None:
    """Every answer has the resource manager's headers, errors too."""
    answer = arm.call(method, "onlineEndpoints/served")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (status, "no-cache")
    assert answer.headers["x-ms-correlation-request-id"] == answer.headers["x-ms-request-id"]
    assert int(answer.headers[f"x-ms-ratelimit-remaining-subscription-{kind}"]) > 0
