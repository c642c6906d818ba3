"""What Azure ML lists per subscription and region: instance types, and the usage of the quota of their cores."""

from __future__ import annotations

import re
from collections.abc import Iterable

from emulator.resource_manager import rules
from emulator.resource_manager.settings import Limits
from emulator.resources import PROVIDER, Json, Workspace

UNLIMITED = -1
_SERIES = {
    "Standard_DS{}_v2": (1, 2, 3, 4, 5, 11, 12, 13, 14, 15),
    "Standard_D{}s_v3": (2, 4, 8, 16, 32),
    "Standard_E{}s_v3": (2, 4, 8, 16, 32),
    "Standard_F{}s_v2": (2, 4, 8, 16, 32),
    "Standard_NC{}s_v3": (6, 12, 24),
}
SIZES = tuple(series.format(number) for series, numbers in _SERIES.items() for number in numbers)
_PARTS = re.compile(r"Standard_([A-Z]+)\d+([a-z]*)_(v\d+)")


def vm_sizes() -> list[Json]:
    """Return the instance types, each with its family and its number of cores."""
    return [{"name": name, "family": _family(name), "vCPUs": rules.cores_of(name)} for name in SIZES]


def usages(workspaces: Iterable[Workspace], limits: Limits, region: str) -> list[Json]:
    """Return how many cores are in use, in total and by family. Only the total may have a limit here."""
    used: dict[str, int] = {}
    for workspace in workspaces:
        for endpoint in workspace.endpoints.values():
            for deployment in endpoint.deployments.values():
                kind = str(deployment.body["properties"].get("instanceType", "")).lower()
                used[kind] = used.get(kind, 0) + rules.cores(deployment.body)
    families: dict[str, int] = {}
    for name in SIZES:
        families[_family(name)] = families.get(_family(name), 0) + used.get(name.lower(), 0)
    limit = UNLIMITED if limits.cores is None else limits.cores
    rows = [_usage("totalDedicatedCores", "TotalDedicatedCores", sum(used.values()), limit, region)]
    for family, count in families.items():
        rows.append(_usage("vmFamily/dedicatedCores", family, count, UNLIMITED, region))
        rows.append(_usage("vmFamily/lowPriorityCores", family, 0, 0, region))
    return rows


def _usage(kind: str, name: str, used: int, limit: int, region: str) -> Json:
    return {
        "type": f"{PROVIDER}/{kind}/usages",
        "unit": "Count",
        "amlWorkspaceLocation": region,
        "currentValue": used,
        "limit": limit,
        "name": {"value": name, "localizedValue": name},
    }


def _family(name: str) -> str:
    """Return the family as Azure names it: Standard_DS3_v2 is of standardDSv2Family, D4s_v3 of standardDSv3Family."""
    return _PARTS.sub(lambda parts: f"standard{parts[1]}{parts[2].upper()}{parts[3]}Family", name)
