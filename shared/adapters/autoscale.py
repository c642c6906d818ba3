"""Autoscale settings of deployments, in Azure Monitor: which deployments have them, and one's copied to another.

They are resources of their own in the workspace's resource group, pointing at the deployment. API version 2022-10-01.
"""

from __future__ import annotations

import copy
from typing import Any

from shared.adapters.arm import Json, ResourceManager
from shared.adapters.resource_bodies import MADE_BY

_READ_ONLY = frozenset({"id", "name", "type", "systemData", "etag"})


class AutoscaleSettings:
    """What ArmEndpoints needs to know of autoscale."""

    def __init__(self, manager: ResourceManager) -> None:
        self._manager = manager

    def scaled(self, endpoint: str) -> frozenset[str]:
        """Return the deployments of an endpoint that have settings, by name in lower case."""
        return frozenset(self._by_deployment(endpoint))

    def copy(self, endpoint: str, name: str, like: str) -> None:
        """Give a deployment the settings of another, for itself; nothing to copy is no error."""
        found = self._by_deployment(endpoint)
        if like.lower() in found and name.lower() not in found:
            body = _pointing(found[like.lower()], self._deployment(endpoint, like), self._deployment(endpoint, name))
            self._manager.put_setting(f"teal-{endpoint}-{name}", body)

    def delete(self, endpoint: str, name: str) -> None:
        """Delete the settings of a deployment that goes; none is no error."""
        setting = self._by_deployment(endpoint).get(name.lower())
        if setting is not None:
            self._manager.delete_setting(str(setting["name"]))

    def _by_deployment(self, endpoint: str) -> dict[str, Json]:
        prefix = self._deployment(endpoint, "").lower()
        found = {}
        for setting in self._manager.settings():
            target = str((setting.get("properties") or {}).get("targetResourceUri") or "").lower()
            if target.startswith(prefix):
                found[target.removeprefix(prefix)] = setting
        return found

    def _deployment(self, endpoint: str, name: str) -> str:
        return f"{self._manager.workspace_id}/onlineEndpoints/{endpoint}/deployments/{name}"


def _pointing(setting: Json, before: str, after: str) -> Json:
    """Return the setting with every mention of one deployment (its target and its metrics) made another's."""
    body = {key: copy.deepcopy(value) for key, value in setting.items() if key not in _READ_ONLY}
    properties = _renamed(body.get("properties") or {}, before, after)
    body["properties"] = {key: value for key, value in properties.items() if key != "name"}
    body["tags"] = (body.get("tags") or {}) | MADE_BY
    return body


def _renamed(value: Any, before: str, after: str) -> Any:  # noqa: ANN401 -- any JSON
    """Return JSON in which a text that is `before`, in whatever case, is `after`.

    before, after: ARM ids of deployments. A metric of the endpoint names its deployment in a dimension instead.
    """
    if isinstance(value, dict):
        if str(value.get("DimensionName")).lower() == "deployment":
            before, after = before.rpartition("/")[2], after.rpartition("/")[2]
        return {key: _renamed(item, before, after) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, before, after) for item in value]
    return after if isinstance(value, str) and value.lower() == before.lower() else value
