"""Azure ML's endpoint and deployment bodies: parses observed ones and builds those to write. Pure.

Properties not named here pass through untouched, so that settings Teal does not know survive a rollout. The list of
read-only properties is from Azure's published types of API version 2024-10-01.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

from shared.adapters.arm import moment
from shared.core.observation import DeploymentSeen, EndpointSeen, Provisioning
from shared.core.policy import EndpointSpec
from shared.core.rollout import ModelVersion

Json = dict[str, Any]

_READ_ONLY = frozenset({"id", "name", "type", "systemData"})
_READ_ONLY_OF_DEPLOYMENTS = frozenset({"provisioningState"})
_READ_ONLY_OF_ENDPOINTS = frozenset({"provisioningState", "scoringUri", "swaggerUri", "keys"})
_READ_ONLY_OF_IDENTITIES = frozenset({"principalId", "tenantId"})
# Facts about one specific deployment that Azure stores among its free-form properties.
_NOTES = frozenset({"createdBy", "createdAt", "lastModifiedAt", "AzureAsyncOperationUri"})
_MODEL_FOLDER = "AZUREML_MODEL_DIR"
MADE_BY = {"managed-by": "teal"}
# A deployment whose image contains the model has none of its own, so this tag says which version it serves.
MODEL_TAG = "teal-model"


def endpoint_seen(body: Json, deployments: list[Json]) -> EndpointSeen:
    """Parse an endpoint and its deployments; names in lower case, traffic without zeros."""
    properties = body.get("properties") or {}
    seen = [deployment_seen(each) for each in deployments]
    return EndpointSeen(
        name=str(body.get("name", "")).lower(),
        state=_state(properties),
        traffic=_shares(properties.get("traffic")),
        mirror=_shares(properties.get("mirrorTraffic")),
        deployments={each.name: each for each in seen},
        kubernetes=bool(properties.get("compute")),
    )


def deployment_seen(body: Json) -> DeploymentSeen:
    """Parse a deployment. Its model is its own or, if its image contains one, the one that its tag names."""
    properties = body.get("properties") or {}
    tagged = (body.get("tags") or {}).get(MODEL_TAG)
    model = model_of(body) or (f"azureml:{tagged}" if tagged else "")
    name = str(body.get("name", "")).lower()
    capacity = (body.get("sku") or {}).get("capacity")
    instances = capacity if isinstance(capacity, int) else None
    by_teal = MADE_BY.items() <= (body.get("tags") or {}).items()
    modified = moment((body.get("systemData") or {}).get("lastModifiedAt"))
    return DeploymentSeen(
        name=name,
        state=_state(properties),
        model=model,
        instances=instances,
        modified=modified,
        by_teal=by_teal,
        instance_type=str(properties.get("instanceType") or ""),
        content=_content(properties),
    )


def _content(properties: Json) -> str:
    """Return a digest of what a deployment runs, whatever its size and settings; ids are compared without case."""
    code = properties.get("codeConfiguration") or {}
    parts = [properties.get("model"), properties.get("environmentId"), code.get("codeId"), code.get("scoringScript")]
    known = [str(part or "").lower() for part in parts]
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:16] if any(known) else ""


def model_of(body: Json) -> str:
    """Return the model of a deployment's body, as an ARM id or asset reference; empty if its image contains it."""
    return str((body.get("properties") or {}).get("model") or "")


def has_packaged_model(body: Json) -> bool:
    """Return whether a deployment can only serve what its image contains: it has neither a model nor code."""
    return not model_of(body) and not (body.get("properties") or {}).get("codeConfiguration")


def packaged(body: Json, version: ModelVersion) -> Json:
    """Return the body of a new deployment whose image contains this version: without a model, marked as Teal's."""
    properties = _without(body.get("properties") or {}, _READ_ONLY_OF_DEPLOYMENTS | {"model"})
    return _writable(body) | {
        "properties": properties,
        "tags": (body.get("tags") or {}) | MADE_BY | {MODEL_TAG: str(version)},
    }


def deployment_like(body: Json, model: str) -> Json:
    """Return the body of a new deployment: a copy with another model (an ARM or registry id), marked as Teal's."""
    properties = _without(body.get("properties") or {}, _READ_ONLY_OF_DEPLOYMENTS) | {"model": model}
    if "properties" in properties:
        properties["properties"] = _without(properties["properties"] or {}, _NOTES)
    before = model_of(body)
    if properties.get("environmentVariables"):
        properties["environmentVariables"] = _with_model_folder(properties["environmentVariables"], before, model)
    return _writable(body) | {"properties": properties, "tags": _without(body.get("tags") or {}, {MODEL_TAG}) | MADE_BY}


def _with_model_folder(variables: Json, before: str, after: str) -> Json:
    """Return environment variables with the folder of model `before` replaced by that of model `after` (ARM ids).

    Azure adds the folder of a deployment's model to the deployment's own variables. Copied unchanged, green would look
    for blue's model.
    """
    old, new = (f"/{name}/{version}" for name, version in (_name_and_version(before), _name_and_version(after)))
    folder = variables.get(_MODEL_FOLDER)
    if not isinstance(folder, str) or not folder.endswith(old):
        return variables
    return variables | {_MODEL_FOLDER: folder.removesuffix(old) + new}


def _name_and_version(model: str) -> tuple[str, str]:
    """Return name and version of an ARM or registry id `.../models/<name>/versions/<version>` or `azureml:<n>:<v>`."""
    if model.startswith("azureml:") and "/" not in model:
        name, _, version = model.removeprefix("azureml:").partition(":")
        return name, version
    name, _, version = model.rpartition("/models/")[2].partition("/versions/")
    return name, version


def resized(body: Json, instance_type: str | None, instances: int | None) -> Json:
    """Return the body with another instance type and instance count; None keeps the current value."""
    sized = dict(body)
    if instance_type is not None:
        sized["properties"] = body["properties"] | {"instanceType": instance_type}
    if instances is not None:
        sized["sku"] = {"name": "Default"} | (body.get("sku") or {}) | {"capacity": instances}
    return sized


def new_endpoint(location: str, spec: EndpointSpec) -> Json:
    """Return the body for creating an endpoint."""
    modes = {"key": "Key", "aml_token": "AMLToken", "aad_token": "AADToken"}
    assigned: Json = {name: {} for name in spec.identity if name != "system"}
    given = {"SystemAssigned": "system" in spec.identity or not assigned, "UserAssigned": bool(assigned)}
    kinds = [kind for kind, is_given in given.items() if is_given]
    return {
        "location": location,
        "tags": dict(MADE_BY),
        "identity": {"type": ",".join(kinds)} | ({"userAssignedIdentities": assigned} if assigned else {}),
        "properties": {"authMode": modes[spec.auth_mode], "traffic": {}},
    }


def endpoint_with_mirror(body: Json, mirror: dict[str, int]) -> Json:
    """Return an endpoint's body with only the mirror changed."""
    properties = _without(body.get("properties") or {}, _READ_ONLY_OF_ENDPOINTS) | {"mirrorTraffic": mirror}
    return _writable(body) | {"properties": properties}


def endpoint_with_traffic(body: Json, traffic: dict[str, int]) -> Json:
    """Return an endpoint's body with only the live traffic changed.

    Azure rejects mirroring to a deployment that gets live traffic, so such a mirror is removed too.
    """
    properties = _without(body.get("properties") or {}, _READ_ONLY_OF_ENDPOINTS) | {"traffic": traffic}
    mirror = properties.get("mirrorTraffic") or {}
    live = {name for name, share in traffic.items() if share}
    if any(name.lower() in live for name in mirror):
        properties["mirrorTraffic"] = {name: share for name, share in mirror.items() if name.lower() not in live}
    return _writable(body) | {"properties": properties}


def _writable(body: Json) -> Json:
    """Return a copy of the body without read-only properties."""
    kept = _without(body, _READ_ONLY)
    if identity := kept.get("identity"):
        kept["identity"] = _without(identity, _READ_ONLY_OF_IDENTITIES)
        if assigned := identity.get("userAssignedIdentities"):
            # Read, each identity has its ids; written, an empty object keeps it assigned.
            kept["identity"]["userAssignedIdentities"] = {name: {} for name in assigned}
    return kept


def _without(body: Json, names: Collection[str]) -> Json:
    return {name: value for name, value in body.items() if name not in names}


def _shares(traffic: Json | None) -> dict[str, int]:
    return {name.lower(): int(share) for name, share in (traffic or {}).items() if share}


def _state(properties: Json) -> Provisioning:
    try:
        return Provisioning(str(properties.get("provisioningState")))
    except ValueError:
        return Provisioning.UNKNOWN
