"""Autoscale settings of deployments in Azure Monitor: which deployments have them, copying and disabling them.

They are separate resources in the workspace's resource group that point at the deployment. API version 2022-10-01.
"""

from __future__ import annotations

import copy
from typing import Any

from shared.adapters.arm import Json, ResourceManager
from shared.adapters.resource_bodies import MADE_BY

_READ_ONLY = frozenset({"id", "name", "type", "systemData", "etag"})


class AutoscaleSettings:
    """Reads, copies, enables, disables and deletes autoscale settings for ArmEndpoints."""

    def __init__(self, manager: ResourceManager) -> None:
        self._manager = manager

    def scaled(self, endpoint: str) -> dict[str, bool]:
        """Return the lower-case names of an endpoint's deployments with settings, and whether these are enabled."""
        return {name: _enabled(setting) for name, setting in self._by_deployment(endpoint).items()}

    def copy(self, endpoint: str, name: str, like: str) -> None:
        """Copy the settings of deployment `like` to deployment `name`, if there are any."""
        found = self._by_deployment(endpoint)
        if like.lower() in found and name.lower() not in found:
            body = _pointing(found[like.lower()], self._deployment(endpoint, like), self._deployment(endpoint, name))
            self._manager.put_setting(f"teal-{endpoint}-{name}", body)

    def switch(self, endpoint: str, name: str, *, enabled: bool) -> None:
        """Enable or disable a deployment's settings, if there are any and they differ."""
        setting = self._by_deployment(endpoint).get(name.lower())
        if setting is None or _enabled(setting) == enabled:
            return
        body = {key: value for key, value in setting.items() if key not in _READ_ONLY}
        body["properties"] = setting["properties"] | {"enabled": enabled}
        self._manager.put_setting(str(setting["name"]), body)

    def delete(self, endpoint: str, name: str) -> None:
        """Delete a deployment's settings, if there are any."""
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


def _enabled(setting: Json) -> bool:
    """Return whether the autoscaler applies the setting; `enabled` is false if it is missing.

    https://learn.microsoft.com/rest/api/monitor/autoscale-settings/get: "Default value is 'false'".
    """
    return bool((setting.get("properties") or {}).get("enabled"))


def _pointing(setting: Json, before: str, after: str) -> Json:
    """Return the setting with its target and metrics moved from one deployment to another."""
    body = {key: copy.deepcopy(value) for key, value in setting.items() if key not in _READ_ONLY}
    properties = _renamed(body.get("properties") or {}, before, after)
    body["properties"] = {key: value for key, value in properties.items() if key != "name"}
    body["tags"] = (body.get("tags") or {}) | MADE_BY
    return body


def _renamed(value: Any, before: str, after: str) -> Any:  # noqa: ANN401 -- any JSON
    """Return JSON with every text that equals `before`, ignoring case, replaced by `after`.

    before, after: ARM ids of deployments. A metric of the endpoint names its deployment in a dimension instead.
    """
    if isinstance(value, dict):
        if str(value.get("DimensionName")).lower() == "deployment":
            before, after = before.rpartition("/")[2], after.rpartition("/")[2]
        return {key: _renamed(item, before, after) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, before, after) for item in value]
    return after if isinstance(value, str) and value.lower() == before.lower() else value
