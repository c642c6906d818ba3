"""An endpoint's request log according to its diagnostic settings in Azure."""

from __future__ import annotations

from typing import Any

import pytest

from shared.adapters.arm import ResourceManager, arm_pipeline
from shared.adapters.diagnostic_settings import DiagnosticSettings
from shared.core.observation import PathState, TelemetryPath
from shared.errors import TealError
from tests.adapters.arm_documents import WORKSPACE
from tests.adapters.stand_in import Credential, Reply, StandIn

OURS = "11111111-2222-3333-4444-555555555555"
LOGS = "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/logs"
TRAFFIC = {"category": "AmlOnlineEndpointTrafficLog", "enabled": True}


def setting(*logs: dict[str, Any], workspace: str | None = LOGS) -> dict[str, Any]:
    """Return a setting in ARM's format."""
    return {"name": "audit", "properties": {"workspaceId": workspace, "logs": list(logs)}}


def path_of(azure: StandIn, *replies: Reply) -> TelemetryPath:
    """Return the path found, given Azure's replies."""
    azure.answer(*replies)
    return DiagnosticSettings(ResourceManager(arm_pipeline(Credential(), 5, 5), WORKSPACE), OURS).path("churn")


def listed(*settings: dict[str, Any]) -> Reply:
    """Return the list of settings."""
    return Reply(200, {"value": list(settings)})


def workspace(customer: str) -> Reply:
    """Return a Log Analytics workspace."""
    return Reply(200, {"id": LOGS, "properties": {"customerId": customer}})


ROWS: list[tuple[str, list[Reply], TelemetryPath]] = [
    ("no setting", [listed()], TelemetryPath(PathState.NO_SETTING)),
    ("another category", [listed(setting({**TRAFFIC, "category": "AmlOnlineEndpointConsoleLog"}))],
     TelemetryPath(PathState.CATEGORY_OFF, "audit")),
    ("switched off", [listed(setting({**TRAFFIC, "enabled": False}))], TelemetryPath(PathState.CATEGORY_OFF, "audit")),
    ("ours", [listed(setting(TRAFFIC)), workspace(OURS.upper())], TelemetryPath(PathState.OPEN)),
    ("every category", [listed(setting({"categoryGroup": "allLogs", "enabled": True})), workspace(OURS)],
     TelemetryPath(PathState.OPEN)),
    ("another workspace", [listed(setting(TRAFFIC)), workspace("another")],
     TelemetryPath(PathState.OTHER_WORKSPACE, f"audit sends it to {LOGS}")),
    ("to a storage account", [listed(setting(TRAFFIC, workspace=None))],
     TelemetryPath(PathState.OTHER_WORKSPACE, "audit sends it to no workspace")),
    ("another workspace too", [listed(setting(TRAFFIC, workspace=None), setting(TRAFFIC) | {"name": "teal"}),
     workspace(OURS)], TelemetryPath(PathState.OPEN)),
    ("a workspace of which Azure does not show the customer id", [listed(setting(TRAFFIC)), Reply(200, {"id": LOGS})],
     TelemetryPath(PathState.OPEN)),
    ("a workspace that may not be read", [listed(setting(TRAFFIC)), Reply(403, {"error": {"code": "Forbidden"}})],
     TelemetryPath(PathState.OPEN)),
]  # fmt: skip


@pytest.mark.parametrize(("case", "replies", "found"), ROWS, ids=[row[0] for row in ROWS])
def test_settings_are_understood(azure: StandIn, case: str, replies: list[Reply], found: TelemetryPath) -> None:
    """There is one row for each way in which the request log may be sent or not."""
    del case
    assert path_of(azure, *replies) == found


@pytest.mark.parametrize(("target", "state"), [(LOGS, PathState.OPEN), (f"{LOGS}-2", PathState.OTHER_WORKSPACE)])
def test_a_known_arm_id_needs_no_further_read(azure: StandIn, target: str, state: PathState) -> None:
    """The app's own settings have it, so no permission on the workspace itself is needed."""
    azure.answer(listed(setting(TRAFFIC, workspace=target)))
    manager = ResourceManager(arm_pipeline(Credential(), 5, 5), WORKSPACE)
    assert DiagnosticSettings(manager, OURS, LOGS.upper()).path("churn").state is state
    assert len(azure.asked) == 1


def test_the_endpoints_own_settings_are_read(azure: StandIn) -> None:
    """Settings are resources below the endpoint."""
    path_of(azure, listed())
    where = f"{WORKSPACE}/onlineEndpoints/churn/providers/Microsoft.Insights/diagnosticSettings"
    assert azure.asked[0].url.endswith(f"{where}?api-version=2021-05-01-preview")


def test_settings_that_cannot_be_read_are_an_error(azure: StandIn) -> None:
    """The path is then unknown, and the observer treats it as such."""
    with pytest.raises(TealError):
        path_of(azure, Reply(403, {"error": {"code": "AuthorizationFailed", "message": "no"}}))
