"""How requests get from an endpoint into its telemetry source, according to Azure. Facts only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PathState(StrEnum):
    """The state of the path, according to its settings.

    OPEN: requests should arrive. NO_SETTING: no diagnostic setting. CATEGORY_OFF: settings, but none sends the request
    log. OTHER_WORKSPACE: the request log goes to a Log Analytics workspace that Teal does not read. UNKNOWN: Azure
    refuses to show the settings (the detail says why), or the source has none.
    """

    OPEN = "open"
    NO_SETTING = "no_setting"
    CATEGORY_OFF = "category_off"
    OTHER_WORKSPACE = "other_workspace"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TelemetryPath:
    """The state of the path. detail: the names involved, such as the diagnostic settings', or Azure's message."""

    state: PathState
    detail: str = ""
