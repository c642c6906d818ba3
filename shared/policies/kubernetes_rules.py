"""What Kubernetes or Azure ML would refuse in a Kubernetes template; Microsoft's loader only checks its types.

The keys are those of Microsoft's article reference-yaml-deployment-kubernetes-online; quantities are written as in
Kubernetes' article "Resource Management for Pods and Containers".
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from shared.core.schema.findings import Part
from shared.policies.nodes import join
from shared.policies.numbers import number_of

PREFIXES = ("", "k", "M", "G", "T", "P", "E")
UNITS = (
    {prefix: 1000.0**power for power, prefix in enumerate(PREFIXES)}
    | {f"{prefix[:1].upper()}i": 1024.0**power for power, prefix in enumerate(PREFIXES) if prefix}
    | {"m": 1e-3}
)
QUANTITY = re.compile(r"\+?(\d{1,18}(?:\.\d{0,9})?|\.\d{1,9})(?:([kMGTPE]|[KMGTPE]i|m)|[eE]([-+]?\d{1,2}))?", re.ASCII)
WITH_BYTE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT])i?B?", re.IGNORECASE | re.ASCII)


class Amount(NamedTuple):
    """What one key of `resources` accepts. whole: whether it is a device, of which requests and limits are the same."""

    example: str
    whole: bool = False


GPUS = Amount("'1'", whole=True)
AMOUNTS = {"cpu": Amount("'0.5' or 500m"), "memory": Amount("1Gi"), "nvidia.com/gpu": GPUS, "gpu": GPUS}
LEAST_AND_MOST = {
    "min_instances": (0, None),
    "max_instances": (1, None),
    "target_utilization_percentage": (1, 100),
    "polling_interval": (1, None),
}


def check_kubernetes(template: Part) -> None:
    """Report resources and scale settings of a Kubernetes template that cannot be granted."""
    _check_resources(template, _mapping(template["resources"]))
    _check_scale_settings(template, _mapping(template["scale_settings"]))


def _check_resources(template: Part, resources: dict[str, Any]) -> None:
    found: dict[tuple[str, str], float] = {}
    for kind in ("requests", "limits"):
        written = resources.get(kind)
        for key, value in written.items() if isinstance(written, dict) else ():
            if key not in AMOUNTS or not isinstance(value, str):
                continue  # the loader reports it
            quantity = _quantity(value)
            if quantity is None or (AMOUNTS[key].whole and quantity % 1):
                template.add(join(f"resources.{kind}", key), _not_a_quantity(key, value))
            else:
                found[kind, key] = quantity
    for key, amount in AMOUNTS.items():
        requested, limit = found.get(("requests", key)), found.get(("limits", key))
        if requested is None or limit is None or requested == limit or (requested < limit and not amount.whole):
            continue
        asked, allowed = resources["requests"][key], resources["limits"][key]
        compared = "is not the same as" if amount.whole else "is more than"
        words = f"{asked} {compared} limits.{key}, {allowed}; Kubernetes refuses such a container"
        template.add(join("resources.requests", key), words)


def _not_a_quantity(key: str, value: str) -> str:
    amount = AMOUNTS[key]
    words = f"{value!r} is not {'a whole number' if amount.whole else 'a quantity of Kubernetes'}"
    unit = WITH_BYTE.fullmatch(value)
    meant = f"; did you mean {unit[1]}{unit[2].upper()}i?" if unit and key == "memory" else ""
    return f"{words}; write it like {amount.example}{meant}"


def _quantity(text: str) -> float | None:
    """Return a quantity as a number; None if it is not one, or is below 0."""
    parts = QUANTITY.fullmatch(text)
    if not parts:
        return None
    power = 10.0 ** int(parts[3]) if parts[3] else 1.0
    return float(parts[1]) * UNITS[parts[2] or ""] * power


def _check_scale_settings(template: Part, settings: dict[str, Any]) -> None:
    numbers = {key: number_of(settings[key]) for key in LEAST_AND_MOST if key in settings}
    for key, (least, most) in LEAST_AND_MOST.items():
        value = numbers.get(key)
        if value is not None and (value < least or (most is not None and value > most)):
            allowed = f"at least {least}" if most is None else f"{least} to {most}"
            template.add(f"scale_settings.{key}", f"Azure ML allows {allowed}, not {value:.15g}")
    fewest, highest = numbers.get("min_instances"), numbers.get("max_instances")
    if fewest is not None and highest is not None and fewest > highest:
        words = f"{fewest:.15g} is more than max_instances, {highest:.15g}"
        template.add("scale_settings.min_instances", words)


def _mapping(written: str | None) -> dict[str, Any]:
    value = None if written is None else json.loads(written)
    return value if isinstance(value, dict) else {}
