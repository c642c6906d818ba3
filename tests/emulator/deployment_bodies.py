"""Random bodies of deployments that match Azure's published types, and what the control plane shows of a body."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from emulator.resource_manager import bodies
from emulator.resources import AssetContainer, Json
from tests.emulator.memory_plane import MemoryPlane

DEPLOYMENT = {"$ref": "#/$defs/onlineDeployment"}
USER = "/subscriptions/s/userAssignedIdentities/one"
TEXTS = st.text(alphabet="abcXYZ019-_./ éß", max_size=12)
Chosen = dict[str, st.SearchStrategy[Any]]
# Values with rules beyond their shape, which have tests of their own.
CHOSEN: Chosen = {
    "model": st.just("azureml:m:1"),
    "environmentId": st.just("azureml://registries/azureml/environments/sklearn/versions/1"),
    "codeConfiguration": st.just({"scoringScript": "score.py"}),
    "capacity": st.integers(1, 50),
    "dataId": st.just("azureml:d:1"),
    "requestTimeout": st.integers(1, 180).map(lambda seconds: f"PT{seconds}S"),  # Azure's maximum
    "identity": st.sampled_from(
        [{"type": "None"}, {"type": "SystemAssigned"}, {"type": "UserAssigned", "userAssignedIdentities": {USER: {}}}]
    ),
}
REQUIRED = frozenset({"model", "environmentId", "codeConfiguration", "instanceType"})
MANAGED: Chosen = CHOSEN | {
    "endpointComputeType": st.just("Managed"),
    "instanceType": st.sampled_from(["Standard_DS3_v2", "Standard_F4s_v2", "Standard_NC6s_v3"]),
    "scaleSettings": st.just({"scaleType": "Default"}),
    "containerResourceRequirements": st.none(),  # for Kubernetes only; null counts as missing
}
KUBERNETES: Chosen = CHOSEN | {
    "endpointComputeType": st.just("Kubernetes"),
    "instanceType": st.sampled_from(["defaultinstancetype", "large"]),
    "minInstances": st.integers(1, 3),
    "maxInstances": st.integers(3, 9),
    **dict.fromkeys(("cpu", "gpu", "memory"), st.sampled_from(["1", "0.5", "200m", "2Gi"])),
}


def fitting(schema: Json, chosen: Chosen) -> st.SearchStrategy[Any]:
    """Return a strategy for values that match a schema; it supports the keywords in the schemas of bodies."""
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
        if part  # what only the service sets has no shape
    }
    required = REQUIRED | set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: part for name, part in parts.items() if name in required},
        optional={name: part for name, part in parts.items() if name not in required},
    )


def shown_after_put(body: Json) -> Json:
    """PUT a deployment with this body to a control plane in memory, and return what GET shows."""
    on_cluster = body["properties"]["endpointComputeType"] == "Kubernetes"
    plane = MemoryPlane(**({"compute": "/computes/kubernetes"} if on_cluster else {}))
    assets = plane.workspace.assets
    assets["models"]["m"] = AssetContainer({}, {"1": {"properties": {"modelUri": "nowhere"}}})
    folder = "azureml://datastores/workspaceblobstore/paths/collected"
    assets["data"]["d"] = AssetContainer({}, {"1": {"properties": {"dataUri": folder}}})
    plane.put("green", body)
    return plane.show("green")


def missing(given_: object, shown: object, path: str = "") -> list[str]:
    """Return the paths of values that were given but are missing or different in what is shown."""
    if isinstance(given_, dict) and isinstance(shown, dict):
        return [each for name, part in given_.items() for each in missing(part, shown.get(name), f"{path}/{name}")]
    return [] if given_ == shown else [path]
