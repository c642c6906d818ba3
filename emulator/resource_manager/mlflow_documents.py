"""Models as MLflow's registry shows them, and the filters of its searches. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from emulator.arm_errors import not_emulated
from emulator.resources import AssetContainer, Json

_NAMED = re.compile(r"name\s*(?P<operator>=|i?like)\s*'(?P<value>[^']*)'", re.IGNORECASE)
_TAGGED = re.compile(
    r"tags?\.(?P<quote>[`\"]?)(?P<key>[^`\"]+?)(?P=quote)\s*(?P<operator>!?=)\s*'(?P<value>[^']*)'", re.IGNORECASE
)


def wanted(given: Json, name: str, body: Json) -> bool:
    """Return whether the filter of a search selects a model or version with this name and body.

    Raises ArmError 501 for a filter by anything but the name and tags.
    """
    conditions = re.split(r"\s+and\s+", str(given.get("filter") or "").strip(), flags=re.IGNORECASE)
    return all(_holds(each, name, body.get("properties", {}).get("tags") or {}) for each in conditions if each)


def _holds(condition: str, name: str, known: Mapping[str, str]) -> bool:
    if match := _TAGGED.fullmatch(condition):
        return (known.get(match["key"]) == match["value"]) is (match["operator"] == "=")
    match = _NAMED.fullmatch(condition)
    if match is None:
        raise not_emulated(f"The filter {condition!r} of MLflow's registry")
    if match["operator"] == "=":
        return match["value"] == name
    pattern = ".*".join(re.escape(part) for part in match["value"].split("%"))
    return re.fullmatch(pattern, name, re.IGNORECASE if match["operator"].lower() == "ilike" else 0) is not None


def tags(given: Json) -> dict[str, str]:
    """Return the tags of a request by name."""
    return {str(each["key"]): str(each["value"]) for each in given.get("tags") or []}


def model(name: str, item: AssetContainer) -> Json:
    """Return a registered model with its latest version."""
    newest = item.latest_version
    return {
        "name": name,
        **_described(item.body),
        "latest_versions": [version(name, newest, item.versions[newest])] if newest else [],
    }


def version(name: str, number: str, body: Json) -> Json:
    """Return one version of a model."""
    given = body["properties"]
    return {
        "name": name,
        "version": number,
        **_described(body),
        "current_stage": given.get("stage") or "None",
        "source": given.get("modelUri", ""),
        "status": "READY",
    }


def _described(body: Json) -> Json:
    given, times = body.get("properties", {}), body["systemData"]
    created, changed = (_milliseconds(times, name) for name in ("createdAt", "lastModifiedAt"))
    found = [{"key": key, "value": value} for key, value in (given.get("tags") or {}).items()]
    texts = {"description": given["description"]} if given.get("description") else {}
    return {"creation_timestamp": created, "last_updated_timestamp": changed, "tags": found, **texts}


def _milliseconds(times: Mapping[str, str], name: str) -> int:
    return int(datetime.fromisoformat(times[name]).timestamp() * 1000)
