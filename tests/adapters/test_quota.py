"""Reading the quota of an instance type, from rows as Azure writes them."""

from __future__ import annotations

from typing import Any

import pytest

from shared.adapters.arm import ResourceManager, arm_pipeline
from shared.adapters.quota import RegionalQuota
from shared.core.observation import Quota
from shared.errors import Permanent
from tests.adapters.arm_documents import WORKSPACE
from tests.adapters.stand_in import Credential, Reply, StandIn
from tests.adapters.workshop import Workshop
from tests.cloud import RunningCloud

FAMILY, TOTAL = "standardFSv2Family", "TotalDedicatedCores"
SIZES = {"value": [{"name": "Standard_F8s_v2", "family": FAMILY, "vCPUs": 8}, {"name": "Standard_A1", "vCPUs": 1}]}


def row(name: str, used: int | None, limit: int, kind: str = "vmFamily/dedicatedCores") -> dict[str, Any]:
    """Return the usage of one quota."""
    return {
        "type": f"Microsoft.MachineLearningServices/{kind}/usages",
        "name": {"value": name, "localizedValue": f"{name} vCPUs"},
        "currentValue": used,
        "limit": limit,
    }


def read(azure: StandIn, *rows: dict[str, Any], instance_type: str = "STANDARD_F8S_V2") -> Quota:
    """Return the quota that is read when Azure answers with these rows."""
    azure.answer(Reply(200, SIZES), Reply(200, {"value": list(rows)}))
    manager = ResourceManager(arm_pipeline(Credential(), connect_seconds=5, read_seconds=5), WORKSPACE)
    return RegionalQuota(manager, lambda: "westeurope").of(instance_type)


LOW = "vmFamily/lowPriorityCores"


@pytest.mark.parametrize(
    ("rows", "name", "left"),
    [
        ([row(FAMILY, 30, 100), row(TOTAL, 40, 400)], FAMILY, 70),
        ([row(FAMILY, 30, 100), row(TOTAL, 390, 400)], TOTAL, 10),
        ([row(FAMILY, 30, -1), row(TOTAL, 40, 400)], TOTAL, 360),
        ([row(FAMILY, 30, -1), row(TOTAL, 40, -1)], FAMILY, None),
        ([row(FAMILY, 0, 5, LOW), row(FAMILY.upper(), 30, 100)], FAMILY.upper(), 70),
        ([row(FAMILY, None, 100), row(TOTAL, 40, 64)], TOTAL, 24),
        ([row(FAMILY, 120, 100)], FAMILY, 0),
    ],
    ids=["family", "total", "no family limit", "unlimited", "low priority", "usage unknown", "beyond"],
)
def test_the_smaller_of_both_quotas_counts(
    azure: StandIn, rows: list[dict[str, Any]], name: str, left: int | None
) -> None:
    """The quotas of the family and of all dedicated cores are compared; low-priority cores are a separate quota."""
    assert read(azure, *rows) == Quota("Standard_F8s_v2", name, 8, left)
    urls = [asked.url.split("?")[0] for asked in azure.asked]
    place = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.MachineLearningServices/locations"
    assert urls == [f"https://management.azure.com{place}/westeurope/{kind}" for kind in ("vmSizes", "usages")]


@pytest.mark.parametrize(
    ("rows", "instance_type"),
    [
        ([row(FAMILY, None, 100)], "Standard_F8s_v2"),
        ([row("standardDSv2Family", 0, 100)], "Standard_F8s_v2"),
        ([row(FAMILY, 0, 100)], "Standard_A1"),
        ([row(FAMILY, 0, 100)], "Standard_X1"),
        ([row(FAMILY, 0, 100)], ""),
    ],
    ids=["no usage yet", "another family", "no family", "unknown type", "no type"],
)
def test_what_azure_does_not_say_is_an_error(azure: StandIn, rows: list[dict[str, Any]], instance_type: str) -> None:
    """The error says why; unknown is not treated as a quota of zero."""
    with pytest.raises(Permanent, match=r"Azure (lists no instance type|reports no usage)"):
        read(azure, *rows, instance_type=instance_type)


def test_the_emulated_region_has_a_quota(workshop: Workshop, cloud: RunningCloud) -> None:
    """It is unlimited when the emulator starts."""
    found = RegionalQuota(workshop.manager, lambda: cloud["region"]).of("Standard_DS3_v2")
    assert (found.family, found.cores, found.left) == ("standardDSv2Family", 4, None)
