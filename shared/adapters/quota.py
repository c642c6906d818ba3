"""The quota of virtual cores for an instance type, as Azure ML counts them in a subscription and region.

Azure ML has a quota per family of instance types and one for all of them. Rows of low-priority cores have the same
names and another type. A limit of -1 means unlimited; a missing value means that Azure does not know it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from shared.adapters.arm import Json, ResourceManager
from shared.core.observation.quota import Quota
from shared.errors import Permanent

TOTAL = "totaldedicatedcores"
DEDICATED = "/dedicatedcores/"


class RegionalQuota:
    """Reads the quota. region: returns the workspace's region."""

    def __init__(self, manager: ResourceManager, region: Callable[[], str]) -> None:
        self._manager = manager
        self._region = region

    def of(self, instance_type: str) -> Quota:
        """Return the quota of an instance type. Raises Permanent if Azure does not list it, or its usage."""
        region = self._region()
        sizes = self._manager.regional(region, "vmSizes")
        size = next((each for each in sizes if str(each.get("name", "")).lower() == instance_type.lower()), None)
        if size is None or not size.get("family") or not isinstance(size.get("vCPUs"), int):
            raise Permanent(f"Azure lists no instance type {instance_type} in {region}")
        rows = _known(self._manager.regional(region, "usages"), str(size["family"]))
        if not rows:
            raise Permanent(f"Azure reports no usage of {size['family']} in {region}")
        limited = [(limit - used, name) for name, limit, used in rows if limit >= 0]
        left, name = min(limited, default=(None, rows[0][0]))
        return Quota(str(size["name"]), name, int(size["vCPUs"]), left if left is None else max(left, 0))


def _known(usages: Iterable[Json], family: str) -> list[tuple[str, int, int]]:
    """Return name, limit and usage of the two rows that apply, as far as Azure knows them; the family's first."""
    found = []
    for row in usages:
        name, limit, used = str((row.get("name") or {}).get("value", "")), row.get("limit"), row.get("currentValue")
        of_family = name.lower() == family.lower() and DEDICATED in str(row.get("type", "")).lower()
        if (of_family or name.lower() == TOTAL) and isinstance(limit, int) and isinstance(used, int):
            found.append((name, limit, used))
    return sorted(found, key=lambda row: row[0].lower() == TOTAL)
