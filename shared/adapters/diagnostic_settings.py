"""Where an online endpoint sends its request log, according to its diagnostic settings. Read-only, for diagnosis.

In Azure Monitor they are separate resources below the endpoint, api-version 2021-05-01-preview. A setting names the Log
Analytics workspace by its ARM id. If Teal only knows the customer id, it reads the workspace to compare them.
"""

from __future__ import annotations

from shared.adapters.arm import Json, ResourceManager
from shared.core.observation import PathState, TelemetryPath
from shared.errors import TealError

API_VERSION = "2021-05-01-preview"
WORKSPACES_API_VERSION = "2023-09-01"
CATEGORY = "AmlOnlineEndpointTrafficLog"
EVERY_CATEGORY = "allLogs"


class DiagnosticSettings:
    """How requests get into the request log.

    logs_workspace: the customer id of the Log Analytics workspace that Teal reads. resource_id: its ARM id, if known.
    """

    def __init__(self, manager: ResourceManager, logs_workspace: str, resource_id: str = "") -> None:
        self._manager = manager
        self._logs_workspace = logs_workspace.lower()
        self._resource_id = resource_id.lower().rstrip("/")

    def path(self, endpoint: str) -> TelemetryPath:
        """Return the path from the endpoint's settings. Raises Temporary or Permanent if they cannot be read."""
        found = self._manager.diagnostic_settings(endpoint, API_VERSION)
        if not found:
            return TelemetryPath(PathState.NO_SETTING)
        sending = [setting for setting in found if _sends(setting)]
        if not sending:
            return TelemetryPath(PathState.CATEGORY_OFF, ", ".join(sorted(_name(setting) for setting in found)))
        targets = {_name(setting): _target(setting) for setting in sending}
        elsewhere = [
            f"{name} sends it to {target or 'no workspace'}"
            for name, target in targets.items()
            if not self._ours(target)
        ]
        if len(elsewhere) == len(targets):
            return TelemetryPath(PathState.OTHER_WORKSPACE, "; ".join(sorted(elsewhere)))
        return TelemetryPath(PathState.OPEN)

    def _ours(self, target: str) -> bool:
        """Return whether this is the workspace that Teal reads; assumed if Teal lacks permission to check."""
        if self._resource_id or not target:
            return target.lower().rstrip("/") == self._resource_id and bool(target)
        try:
            workspace = self._manager.resource(target, WORKSPACES_API_VERSION)
        except TealError:
            return True
        known = str(_properties(workspace or {}).get("customerId") or "").lower()
        return not known or known == self._logs_workspace


def _sends(setting: Json) -> bool:
    logs = _properties(setting).get("logs") or []
    return any(
        log.get("enabled") and (log.get("category") == CATEGORY or log.get("categoryGroup") == EVERY_CATEGORY)
        for log in logs
    )


def _target(setting: Json) -> str:
    """Return the ARM id of the Log Analytics workspace; empty for a setting that sends to storage or an event hub."""
    return str(_properties(setting).get("workspaceId") or "")


def _name(setting: Json) -> str:
    return str(setting.get("name") or "a setting without a name")


def _properties(body: Json) -> Json:
    properties = body.get("properties")
    return properties if isinstance(properties, dict) else {}
