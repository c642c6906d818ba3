"""What managed and Kubernetes endpoints may have: pure checks that raise ArmError.

An endpoint's `compute` property determines its kind: the ARM id of the attached cluster, or nothing if it is managed.
"""

from __future__ import annotations

import re

from emulator.arm_errors import bad_request
from emulator.resource_manager.computes import INSTANCE_TYPES, compute_id
from emulator.resources import Endpoint, Json, Workspace

INSTANCE_TYPE = re.compile(r"Standard_[A-Z]+(\d+)[a-z-]*(?:_[A-Z0-9]+)*", re.IGNORECASE)
DEFAULT_INSTANCE_TYPE = "Standard_F4s_v2"  # of a managed deployment, as the published type says
_QUANTITY = re.compile(r"\d+(\.\d+)?(m|[kKMGTPE]i?)?")  # as Kubernetes writes amounts of CPU and memory


def is_kubernetes(endpoint: Endpoint) -> bool:
    """Return whether the endpoint runs on the attached cluster."""
    return bool(endpoint.body["properties"].get("compute"))


def endpoint_kind(workspace: Workspace, present: Endpoint | None, properties: Json) -> None:
    """Check an endpoint's compute and what an endpoint on Kubernetes cannot have. Raises ArmError 400."""
    compute = properties.get("compute")
    if present and (present.body["properties"].get("compute") or "").lower() != (compute or "").lower():
        raise bad_request("The compute of an endpoint cannot be changed.")
    if not compute:
        return
    if compute.lower() != compute_id(workspace).lower():
        raise bad_request(f"The compute '{compute}' was not found in the workspace.", "ResourceNotFound")
    if any(properties.get("mirrorTraffic", {}).values()):
        raise bad_request("Mirrored traffic is supported by managed online endpoints only, not on Kubernetes.")
    if properties["authMode"] == "AADToken":
        raise bad_request("The authMode of an endpoint on Kubernetes must be Key or AMLToken.")


def deployment_kind(endpoint: Endpoint, properties: Json) -> None:
    """Check that the deployment is of its endpoint's kind and has what that kind requires. Raises ArmError 400."""
    kind = properties["endpointComputeType"].lower()
    if kind not in ("managed", "kubernetes"):
        raise bad_request(f"The endpointComputeType '{properties['endpointComputeType']}' is not supported.")
    if (kind == "kubernetes") != is_kubernetes(endpoint):
        host = "Kubernetes" if is_kubernetes(endpoint) else "managed"
        raise bad_request(f"A {host} endpoint cannot have a deployment whose endpointComputeType is {kind}.")
    (_kubernetes if kind == "kubernetes" else _managed)(properties)


def _managed(properties: Json) -> None:
    if not INSTANCE_TYPE.fullmatch(properties.get("instanceType", "")):
        raise bad_request(f"The instance type '{properties.get('instanceType', '')}' is not supported.")
    if properties.get("scaleSettings", {}).get("scaleType", "Default").lower() != "default":
        raise bad_request("A managed deployment must have the scale type Default.")
    if "containerResourceRequirements" in properties:
        raise bad_request("A managed deployment takes an instance type, not containerResourceRequirements.")


def _kubernetes(properties: Json) -> None:
    wanted = properties.get("instanceType")
    if wanted and wanted not in INSTANCE_TYPES:
        raise bad_request(f"The cluster has no instance type '{wanted}', only {', '.join(INSTANCE_TYPES)}.")
    for key, settings in properties.get("containerResourceRequirements", {}).items():
        for resource, amount in settings.items():
            if not _QUANTITY.fullmatch(amount):
                raise bad_request(f"{key}.{resource} is '{amount}', which is not a valid quantity.")
    scaling = properties.get("scaleSettings", {})
    if scaling.get("minInstances", 1) > scaling.get("maxInstances", scaling.get("minInstances", 1)):
        raise bad_request("scaleSettings: minInstances is greater than maxInstances.")
