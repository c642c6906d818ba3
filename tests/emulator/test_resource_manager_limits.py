"""The limits and the quota of the control plane, with a fleet in memory."""

from __future__ import annotations

import pytest

from emulator.arm_errors import ArmError
from emulator.resource_manager import regional, rules
from emulator.resource_manager.settings import Limits
from emulator.resources import Json
from tests.emulator.memory_plane import MemoryPlane


def body(capacity: int = 1, instance_type: str = "Standard_DS3_v2") -> Json:
    """Return a deployment's body."""
    properties = {
        "endpointComputeType": "Managed",
        "codeConfiguration": {"scoringScript": "score.py"},  # part of the image, so there is nothing to download
        "environmentId": "azureml://registries/own/environments/scoring/versions/1",
        "instanceType": instance_type,
    }
    return {"location": "x", "sku": {"name": "Default", "capacity": capacity}, "properties": properties}


def test_twenty_deployments_per_endpoint() -> None:
    """The twenty-first deployment of an endpoint is refused; changing one of the twenty is not."""
    plane = MemoryPlane()
    for number in range(20):
        plane.put(f"number-{number}", body())
    states = [each.provisioning_state for each in plane.workspace.endpoints["e"].deployments.values()]
    assert states == ["Succeeded"] * 20
    with pytest.raises(ArmError, match="at most 20 deployments"):
        plane.put("one-more", body())
    assert plane.put("number-0", body()).status == 200


def test_quota() -> None:
    """The quota counts the cores of all deployments plus 20 %; exceeding it gives OutOfQuota."""
    plane = MemoryPlane(Limits(cores=20))
    plane.put("first", body())
    with pytest.raises(ArmError, match="16 cores requested, 12 of 20 left") as refused:
        plane.put("second", body(capacity=3))
    assert refused.value.code == "OutOfQuota"
    assert plane.put("second", body()).status == 201


def test_the_default_machine() -> None:
    """A managed deployment without an instance type gets the one that Azure's published type names, and its cores."""
    plane = MemoryPlane(Limits(cores=7))
    wanted = body()
    del wanted["properties"]["instanceType"]
    with pytest.raises(ArmError, match="8 cores requested"):
        plane.put("first", wanted)
    plane = MemoryPlane()
    plane.put("first", wanted)
    assert plane.show("first")["properties"]["instanceType"] == "Standard_F4s_v2"


def test_environment_variables_are_text() -> None:
    """Numbers and booleans, which YAML files and notebooks have, reach the container as text; lists are refused."""
    plane = MemoryPlane()
    wanted = body()
    wanted["properties"]["environmentVariables"] = {"WORKERS": 3, "VERBOSE": True, "MODE": "fast"}
    plane.put("first", wanted)
    shown = plane.show("first")["properties"]["environmentVariables"]
    assert shown == {"WORKERS": "3", "VERBOSE": "true", "MODE": "fast"}
    wanted["properties"]["environmentVariables"] = {"WORKERS": [3]}
    with pytest.raises(ArmError, match=r"environmentVariables\.WORKERS"):
        plane.put("first", wanted)


def test_usage_of_the_quota() -> None:
    """The cores of deployments are counted by family and in total, however their instance types are capitalized."""
    plane = MemoryPlane()
    plane.put("first", body(capacity=5))
    plane.put("second", body(instance_type="STANDARD_F4S_V2"))
    rows = regional.usages([plane.workspace], Limits(cores=60), "x")
    used = {
        row["name"]["value"]: (row["currentValue"], row["limit"]) for row in rows if "lowPriority" not in row["type"]
    }
    assert (used["TotalDedicatedCores"], used["standardDSv2Family"]) == ((32, 60), (24, -1))
    assert (used["standardFSv2Family"], used["standardESv3Family"]) == ((8, -1), (0, -1))
    sizes = {size["name"]: (size["family"], size["vCPUs"]) for size in regional.vm_sizes()}
    assert (sizes["Standard_DS3_v2"], sizes["Standard_NC6s_v3"]) == (
        ("standardDSv2Family", 4),
        ("standardNCSv3Family", 6),
    )


@pytest.mark.parametrize(
    ("instance_type", "capacity", "cores"),
    [
        ("Standard_DS3_v2", 1, 8),
        ("Standard_DS3_v2", 5, 24),
        ("Standard_DS2_v2", 1, 4),
        ("Standard_F4s_v2", 1, 8),
        ("Standard_D4s_v3", 2, 12),
        ("Standard_NC6s_v3", 1, 12),
        ("STANDARD_DS4_V2", 1, 16),
        ("standard_e8as_v4", 1, 16),
    ],
)
def test_cores(instance_type: str, capacity: int, cores: int) -> None:
    """The number of cores is parsed from the name of the instance type; in the Dv2 series the number is a size."""
    assert rules.cores(body(capacity, instance_type)) == cores
