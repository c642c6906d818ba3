"""Diagnostic settings over the wire: they decide whether an endpoint's requests are logged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from emulator.resource_manager.diagnostics import by_policy, logged
from emulator.resources import Endpoint, Json, Workspace
from tests.emulator.arm import Arm, endpoint_body

Send = Callable[..., requests.Response]
TRAFFIC = {"category": "AmlOnlineEndpointTrafficLog", "enabled": True}
WORKSPACE = Workspace("s", "g", "w", "westeurope", "guid", "account")
ELSEWHERE = WORKSPACE.logs_id + "-2"


@pytest.fixture
def send(arm: Arm) -> Iterator[Send]:
    """Return a function that sends requests for the diagnostic settings of a new endpoint."""
    arm.wait(arm.put("onlineEndpoints/observed", endpoint_body()))
    place = f"https://management.azure.com{arm.cloud.workspace_id}/onlineEndpoints/Observed"

    def call(method: str, name: str = "", body: Json | None = None) -> requests.Response:
        url = f"{place}/providers/microsoft.insights/diagnosticSettings{name}"
        return arm.send(method, url, body, {"api-version": "2021-05-01-preview"})

    yield call
    arm.wait(arm.call("DELETE", "onlineEndpoints/observed"))


def test_stored_shown_and_deleted(send: Send, arm: Arm) -> None:
    """The setting created by the policy exists; another is put, listed, shown and deleted, ignoring name case."""
    (made,) = send("GET").json()["value"]
    assert (made["name"], made["properties"]["logs"]) == ("set-by-policy", [TRAFFIC])
    logs = made["properties"]["workspaceId"]
    shown = arm.send("GET", f"https://management.azure.com{logs}", params={"api-version": "2023-09-01"}).json()
    assert shown["properties"]["customerId"] == arm.cloud["log_analytics_workspace"]
    assert send("PUT", "/audit", {"properties": {"workspaceId": logs, "logs": [TRAFFIC]}}).status_code == 200
    assert send("GET", "/AUDIT").json()["properties"]["workspaceId"] == logs
    assert [each["name"] for each in send("GET").json()["value"]] == ["set-by-policy", "audit"]
    assert [send("DELETE", "/Audit").status_code for _ in range(2)] == [200, 204]
    assert send("GET", "/audit").status_code == 404


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"workspaceId": "x", "logs": [{"category": "Traffic", "enabled": True}]}, "Category 'Traffic'"),
        ({"workspaceId": "x", "logs": [{"categoryGroup": "some", "enabled": True}]}, "Category group 'some'"),
        ({"workspaceId": "x", "logs": [{"enabled": True}]}, "either a category"),
        ({"logs": [TRAFFIC]}, "data sink"),
    ],
)
def test_refused_settings(send: Send, properties: Json, message: str) -> None:
    """What Azure Monitor would reject is rejected, and nothing is stored."""
    answer = send("PUT", "/wrong", {"properties": properties})
    assert (answer.status_code, message in answer.text) == (400, True)
    assert send("GET", "/wrong").status_code == 404


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, False),
        (by_policy(WORKSPACE), True),
        (
            {
                "all": {
                    "workspaceId": WORKSPACE.logs_id.upper(),
                    "logs": [{"categoryGroup": "allLogs", "enabled": True}],
                }
            },
            True,
        ),
        ({"off": {"workspaceId": WORKSPACE.logs_id, "logs": [{**TRAFFIC, "enabled": False}]}}, False),
        ({"elsewhere": {"workspaceId": ELSEWHERE, "logs": [TRAFFIC]}}, False),
        ({"audit": {"workspaceId": WORKSPACE.logs_id, "logs": [{"categoryGroup": "audit", "enabled": True}]}}, False),
    ],
)
def test_what_is_logged(settings: dict[str, Any], expected: bool) -> None:  # noqa: FBT001  # a column
    """Requests are logged only if the request log is enabled and sent to this workspace."""
    WORKSPACE.endpoints["churn"] = Endpoint("churn", {"properties": {}}, "", "", diagnostics=settings)
    assert logged(WORKSPACE, "Churn") is expected


def test_an_unknown_endpoint_logs_nothing() -> None:
    """For example, it may just have been deleted."""
    assert not logged(WORKSPACE, "nothing")
