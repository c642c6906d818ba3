"""Limits and quota of the control plane, with a fleet in memory: twenty real servers would prove nothing more."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from emulator.arm_errors import ArmError
from emulator.clock import VirtualClock
from emulator.containers import DeploymentFiles
from emulator.resource_manager import rules
from emulator.resource_manager.asset_files import AssetFiles, Storage
from emulator.resource_manager.calls import Call, Reply
from emulator.resource_manager.deployments import Deployments
from emulator.resource_manager.operations import Operations
from emulator.resource_manager.settings import Durations, Limits
from emulator.resources import Deployment, Endpoint, Json, Workspace


@dataclass(slots=True)
class MemoryFleet:
    """A fleet whose processes are names."""

    running: dict[str, int] = field(default_factory=dict)

    async def start(self, deployment: Deployment, files: DeploymentFiles) -> None:
        """Start at once."""
        assert files.scoring_script == "score.py"
        self.running[deployment.name] = deployment.body["sku"]["capacity"]

    async def scale(self, deployment: Deployment) -> None:
        """Scale at once."""
        self.running[deployment.name] = deployment.body["sku"]["capacity"]

    async def stop(self, endpoint: str, deployment: str) -> None:
        """Stop at once."""
        assert endpoint
        self.running.pop(deployment, None)

    def logs(self, endpoint: str, deployment: str, tail: int) -> str:
        """Return no lines."""
        return f"{endpoint}{deployment}"[:0] * tail


def body(capacity: int = 1, instance_type: str = "Standard_DS3_v2") -> Json:
    """Return a deployment's body."""
    properties = {
        "endpointComputeType": "Managed",
        "codeConfiguration": {"scoringScript": "score.py"},  # part of the image: there is nothing to fetch
        "environmentId": "azureml://registries/own/environments/scoring/versions/1",
        "instanceType": instance_type,
    }
    return {"location": "x", "sku": {"name": "Default", "capacity": capacity}, "properties": properties}


@dataclass(slots=True)
class Plane:
    """One endpoint, and deployments put to it one after another."""

    limits: Limits
    workspace: Workspace = field(default_factory=lambda: Workspace("s", "g", "w", "x", "n", "account"))

    def __post_init__(self) -> None:
        self.workspace.endpoints["e"] = Endpoint("e", {"properties": {}}, "", "", "Succeeded")

    async def put(self, *names: str, **what: object) -> Reply:
        """PUT deployments, and wait for each to settle."""
        clock = VirtualClock()
        operations = Operations(clock, "s", "x")
        files = AssetFiles(Path("/nowhere"), Storage({}, "", Path("/nowhere")))
        handlers = Deployments(clock, operations, Durations().times(0), self.limits, MemoryFleet(), files)
        reply = Reply()
        for name in names:
            call = Call(self.workspace, {"endpoint": "e", "deployment": name}, {}, body(**what))  # type: ignore[arg-type]  # any of body's
            reply = await handlers.put(call)
            await operations.settle()
        return reply


def test_twenty_deployments_per_endpoint() -> None:
    """The twenty-first deployment of an endpoint is refused; changing one of the twenty is not."""
    plane = Plane(Limits())
    asyncio.run(plane.put(*[f"number-{count}" for count in range(20)]))
    states = [each.provisioning_state for each in plane.workspace.endpoints["e"].deployments.values()]
    assert states == ["Succeeded"] * 20
    with pytest.raises(ArmError, match="at most 20 deployments"):
        asyncio.run(plane.put("one-more"))
    assert asyncio.run(plane.put("number-0")).status == 200


def test_quota() -> None:
    """Cores are counted over all deployments, a fifth more than the instances have; beyond the quota is OutOfQuota."""
    plane = Plane(Limits(cores=20))
    asyncio.run(plane.put("first"))
    with pytest.raises(ArmError, match="16 cores requested, 12 of 20 left") as refused:
        asyncio.run(plane.put("second", capacity=3))
    assert refused.value.code == "OutOfQuota"
    assert asyncio.run(plane.put("second")).status == 201


@pytest.mark.parametrize(
    ("instance_type", "capacity", "cores"),
    [
        ("Standard_DS3_v2", 1, 8),
        ("Standard_DS3_v2", 5, 24),
        ("Standard_DS2_v2", 1, 4),
        ("Standard_F4s_v2", 1, 8),
        ("Standard_D4s_v3", 2, 12),
        ("Standard_NC6s_v3", 1, 12),
    ],
)
def test_cores(instance_type: str, capacity: int, cores: int) -> None:
    """The cores of an instance type are read from its name; in the D series of version 2 the number is a size."""
    assert rules.cores(body(capacity, instance_type)) == cores
