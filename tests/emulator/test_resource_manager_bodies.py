"""Bodies of deployments: whatever Azure's published type allows is kept and shown again as it was given."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.clock import VirtualClock
from emulator.resource_manager import bodies
from emulator.resource_manager.asset_files import AssetFiles, Storage
from emulator.resource_manager.calls import Call
from emulator.resource_manager.deployments import Deployments
from emulator.resource_manager.operations import Operations
from emulator.resource_manager.settings import Durations, Limits
from emulator.resources import AssetContainer, Endpoint, Json, Workspace
from tests.emulator.test_resource_manager_limits import MemoryFleet

USER = "/subscriptions/s/userAssignedIdentities/one"
TEXTS = st.text(alphabet="abcXYZ019-_./ éß", max_size=12)
Chosen = dict[str, st.SearchStrategy[Any]]
# What a value must be beyond its shape is for the rules, which have tests of their own.
CHOSEN: Chosen = {
    "model": st.just("azureml:m:1"),
    "environmentId": st.just("azureml://registries/azureml/environments/sklearn/versions/1"),
    "codeConfiguration": st.just({"scoringScript": "score.py"}),
    "capacity": st.integers(1, 50),
    "dataId": st.just("azureml:d:1"),
    "requestTimeout": st.integers(1, 180).map(lambda seconds: f"PT{seconds}S"),  # Azure's longest
    "identity": st.sampled_from(
        [{"type": "None"}, {"type": "SystemAssigned"}, {"type": "UserAssigned", "userAssignedIdentities": {USER: {}}}]
    ),
}
REQUIRED = frozenset({"model", "environmentId", "codeConfiguration", "instanceType"})
MANAGED: Chosen = CHOSEN | {
    "endpointComputeType": st.just("Managed"),
    "instanceType": st.sampled_from(["Standard_DS3_v2", "Standard_F4s_v2", "Standard_NC6s_v3"]),
    "scaleSettings": st.just({"scaleType": "Default"}),
    "containerResourceRequirements": st.none(),  # for Kubernetes only; a property that is null is as if left out
}
KUBERNETES: Chosen = CHOSEN | {
    "endpointComputeType": st.just("Kubernetes"),
    "instanceType": st.sampled_from(["defaultinstancetype", "large"]),
    "minInstances": st.integers(1, 3),
    "maxInstances": st.integers(3, 9),
    **dict.fromkeys(("cpu", "gpu", "memory"), st.sampled_from(["1", "0.5", "200m", "2Gi"])),
}


def fitting(schema: Json, chosen: Chosen) -> st.SearchStrategy[Any]:
    """Return a strategy for values that fit a schema, of those words that the bodies' schemas use."""
    if "$ref" in schema:
        return fitting(bodies.definitions()[schema["$ref"].rpartition("/")[2]], chosen)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "pattern" in schema:
        return st.from_regex(schema["pattern"].replace("$", r"\Z"), alphabet=st.characters(codec="ascii"))
    simple: dict[str, st.SearchStrategy[Any]] = {
        "string": TEXTS,
        "boolean": st.booleans(),
        "integer": st.integers(schema.get("minimum", 0), schema.get("maximum", 1000)),
        "number": st.floats(schema.get("minimum", 0), schema.get("maximum", 1000)),
    }
    kind = schema["type"]
    if kind in simple:
        return simple[kind]
    return st.lists(fitting(schema["items"], chosen), max_size=3) if kind == "array" else _object(schema, chosen)


def _object(schema: Json, chosen: Chosen) -> st.SearchStrategy[Json]:
    if "properties" not in schema:
        return st.dictionaries(TEXTS.filter(bool), fitting(schema["additionalProperties"], chosen), max_size=3)
    parts = {
        name: chosen[name] if name in chosen else fitting(part, chosen)
        for name, part in schema["properties"].items()
        if part  # what only the service writes has no shape
    }
    required = REQUIRED | set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: part for name, part in parts.items() if name in required},
        optional={name: part for name, part in parts.items() if name not in required},
    )


async def shown_after_put(body: Json) -> Json:
    """PUT a deployment of this body to a control plane in memory, and return what GET shows."""
    workspace = Workspace("s", "g", "w", "x", "n", "account")
    on_cluster = body["properties"]["endpointComputeType"] == "Kubernetes"
    properties = {"compute": "/computes/kubernetes"} if on_cluster else {}
    workspace.endpoints["e"] = Endpoint("e", {"properties": properties}, "", "", "Succeeded")
    workspace.assets["models"]["m"] = AssetContainer({}, {"1": {"properties": {"modelUri": "nowhere"}}})
    folder = "azureml://datastores/workspaceblobstore/paths/collected"
    workspace.assets["data"]["d"] = AssetContainer({}, {"1": {"properties": {"dataUri": folder}}})
    clock = VirtualClock()
    operations = Operations(clock, "s", "x")
    files = AssetFiles(Path("/nowhere"), Storage({}, "", Path("/nowhere")))
    handlers = Deployments(clock, operations, Durations().times(0), Limits(), MemoryFleet(), files)
    await handlers.put(Call(workspace, {"endpoint": "e", "deployment": "green"}, {}, body))
    await operations.settle()
    shown = (await handlers.show(Call(workspace, {"endpoint": "e", "deployment": "green"}, {}, {}))).body
    assert shown is not None
    return shown


def missing(given_: object, shown: object, place: str = "") -> list[str]:
    """Return the places of what was given and is not shown, or is shown otherwise; more may be shown."""
    if isinstance(given_, dict) and isinstance(shown, dict):
        return [each for name, part in given_.items() for each in missing(part, shown.get(name), f"{place}/{name}")]
    return [] if given_ == shown else [place]


DEPLOYMENT = {"$ref": "#/$defs/onlineDeployment"}


@settings(max_examples=100, deadline=None)
@given(fitting(DEPLOYMENT, MANAGED) | fitting(DEPLOYMENT, KUBERNETES))
def test_any_legal_body_comes_back(body: Json) -> None:
    """PUT then GET shows every property that was given, unchanged, but for those that only the service writes."""
    assert missing(body, asyncio.run(shown_after_put(body))) == []


def test_nothing_is_left_out_of_that() -> None:
    """The bodies above are made of every property that the published type has (2024-10-01)."""
    properties = bodies.definitions()["onlineDeployment"]["properties"]["properties"]["properties"]
    published = {
        *("appInsightsEnabled", "codeConfiguration", "containerResourceRequirements", "dataCollector", "description"),
        *("egressPublicNetworkAccess", "endpointComputeType", "environmentId", "environmentVariables", "instanceType"),
        *("livenessProbe", "model", "modelMountPath", "properties", "provisioningState", "readinessProbe"),
        *("requestSettings", "scaleSettings", "startupProbe"),
    }
    assert published <= set(properties)


@pytest.mark.parametrize("kind", ["SystemAssigned", "UserAssigned", "SystemAssigned,UserAssigned"])
def test_identities_are_filled_in(kind: str) -> None:
    """An identity is shown with the ids that Entra gives it, the same at every look; and may be put back so."""
    identity: Json = {"type": kind} | ({"userAssignedIdentities": {USER: {}}} if "User" in kind else {})
    body = {"location": "x", "identity": identity, "properties": properties_of_a_deployment()}
    shown = asyncio.run(shown_after_put(body))["identity"]
    assert ("principalId" in shown) == ("System" in kind)
    for ids in shown.get("userAssignedIdentities", {}).values():
        assert set(ids) == {"principalId", "clientId"}
    assert asyncio.run(shown_after_put(body | {"identity": shown}))["identity"] == shown


def properties_of_a_deployment() -> Json:
    """Return the least that a deployment has."""
    return {
        "endpointComputeType": "Managed",
        "instanceType": "Standard_DS3_v2",
        "codeConfiguration": {"scoringScript": "score.py"},
        "environmentId": "azureml://registries/azureml/environments/sklearn/versions/1",
    }
