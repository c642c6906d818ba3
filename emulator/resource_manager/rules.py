"""The service's rules for endpoints and deployments: pure checks that raise ArmError.

Where Azure's exact message or code is not public, the status is Azure's and the message is ours.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from emulator.arm_errors import bad_request
from emulator.iso8601 import duration_seconds
from emulator.resource_manager.compute_rules import INSTANCE_TYPE
from emulator.resource_manager.settings import Limits
from emulator.resources import Deployment, Endpoint, Json

MIRROR_LIMIT = 50
# Microsoft's article how-to-manage-quotas, by the kind of compute.
REQUEST_TIMEOUT_LIMIT_SECONDS = {"managed": 180, "kubernetes": 300}
_NAME = re.compile(r"[a-zA-Z](?:-?[a-zA-Z0-9])*")
_DSV2 = re.compile(
    r"Standard_DS?\d+(_v2)?", re.IGNORECASE
)  # the series whose number is a size, not the number of cores
_CORES_OF_DSV2 = {1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 11: 2, 12: 4, 13: 8, 14: 16, 15: 20}


def name(value: str, kind: str) -> None:
    """Check the name of an endpoint or deployment. Raises ArmError 400."""
    if not 3 <= len(value) <= 32 or not _NAME.fullmatch(value):
        rule = "it must be 3 to 32 letters, digits and single dashes, and start with a letter"
        raise bad_request(f"The {kind} name '{value}' is invalid: {rule}.")


def traffic(endpoint: Endpoint | None, properties: Json) -> None:
    """Check an endpoint's `traffic` and `mirrorTraffic` against its deployments. Raises ArmError 400."""
    live: Mapping[str, int] = properties.get("traffic", {})
    mirror: Mapping[str, int] = properties.get("mirrorTraffic", {})
    if sum(live.values()) not in (0, 100):
        raise bad_request(f"The sum of traffic percentages must be 0 or 100, not {sum(live.values())}.")
    mirrored = {deployment for deployment, share in mirror.items() if share}
    if len(mirrored) > 1:
        raise bad_request(f"Only one deployment can receive mirrored traffic, not {len(mirrored)}.")
    if any(share > MIRROR_LIMIT for share in mirror.values()):
        raise bad_request(f"At most {MIRROR_LIMIT} percent of traffic can be mirrored.")
    both = sorted(mirrored & {deployment for deployment, share in live.items() if share})
    if both:
        raise bad_request(f"The deployment '{both[0]}' cannot receive both live and mirrored traffic.")
    _all_ready({**mirror, **live}, endpoint.deployments if endpoint else {})


def _all_ready(shares: Mapping[str, int], deployments: Mapping[str, Deployment]) -> None:
    for deployment, share in shares.items():
        found = deployments.get(deployment.lower())
        if found is None:
            raise bad_request(f"Traffic names the deployment '{deployment}', which does not exist.")
        if share and found.provisioning_state not in ("Succeeded", "Scaling", "Updating"):
            state = found.provisioning_state
            raise bad_request(f"Traffic names the deployment '{deployment}', whose provisioning state is {state}.")


def _request_timeout(text: str, most: int) -> None:
    try:
        length = duration_seconds(text)
    except ValueError as error:
        raise bad_request(f"The request timeout is invalid: {error}") from error
    if not 0 < length <= most:
        raise bad_request(f"A request may take at most {most} seconds, not {length:g}.")


def deletable(endpoint: Endpoint, deployment: str) -> None:
    """Check that the deployment has neither live nor mirrored traffic. Raises ArmError."""
    for kind, shares in (("live", endpoint.traffic), ("mirrored", endpoint.mirror_traffic)):
        share = {key.lower(): value for key, value in shares.items()}.get(deployment, 0)
        if share:
            raise bad_request(
                f"The deployment '{deployment}' gets {share} percent of {kind} traffic: set it to 0 first."
            )


def deployment_body(body: Json, limits: Limits) -> None:
    """Check what a deployment of either kind must have. Raises ArmError 400."""
    properties = body["properties"]
    capacity = body.get("sku", {}).get("capacity", 1)
    if capacity > limits.instances_per_deployment:
        raise bad_request(f"A deployment can have at most {limits.instances_per_deployment} instances, not {capacity}.")
    if not any(part in properties for part in ("model", "codeConfiguration", "environmentId")):
        raise bad_request("A deployment needs a model, a code configuration or an environment.")
    if "codeConfiguration" in properties and "environmentId" not in properties:
        raise bad_request("A deployment with a code configuration needs an environment.")
    most = REQUEST_TIMEOUT_LIMIT_SECONDS[properties["endpointComputeType"].lower()]
    _request_timeout(properties.get("requestSettings", {}).get("requestTimeout", "PT5S"), most)


def quota(body: Json, others: Iterable[Deployment], limits: Limits) -> None:
    """Check the region's quota: a deployment takes its instances' cores plus 20 % for upgrades. Raises ArmError 400."""
    if limits.cores is None:
        return
    used = sum(cores(other.body) for other in others)
    if used + cores(body) > limits.cores:
        left = max(0, limits.cores - used)
        raise bad_request(
            f"Not enough quota: {cores(body)} cores requested, {left} of {limits.cores} left.", "OutOfQuota"
        )


def cores(body: Json) -> int:
    """Return the virtual cores that a deployment with this body takes from the quota."""
    capacity: int = body.get("sku", {}).get("capacity", 1)
    return math.ceil(1.2 * capacity) * cores_of(body["properties"].get("instanceType", ""))


def cores_of(instance_type: str) -> int:
    """Return the virtual cores of one instance."""
    match = INSTANCE_TYPE.fullmatch(instance_type)
    if match is None:  # on Kubernetes the cluster has its own cores
        return 0
    size = int(match[1])
    return _CORES_OF_DSV2.get(size, size) if _DSV2.fullmatch(match[0]) else size
