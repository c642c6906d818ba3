"""Autoscale settings over the wire: stored as given, and validated against Azure Monitor's types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.cloud import RunningCloud
from tests.emulator.arm import Arm, autoscale_setting

Send = Callable[..., requests.Response]


@pytest.fixture
def send(arm: Arm) -> Iterator[Send]:
    """Return a function that sends requests for the group's autoscale settings; afterwards all are deleted."""
    group = arm.cloud.workspace_id.partition("/providers/")[0]
    settings = f"https://management.azure.com{group}/providers/Microsoft.Insights/autoscalesettings"

    def call(method: str, name: str = "", body: dict[str, Any] | None = None) -> requests.Response:
        return arm.send(method, settings + name, body, {"api-version": "2022-10-01"})

    yield call
    for each in call("GET").json()["value"]:
        call("DELETE", f"/{each['name']}")


@pytest.fixture
def deployment(cloud: RunningCloud, served: str) -> str:
    """Return the ARM id of a deployment that serves."""
    return f"{cloud.workspace_id}/onlineEndpoints/{served}/deployments/blue"


def test_kept_as_given(send: Send, deployment: str) -> None:
    """A setting is created (201), replaced (200), listed, shown with everything that was given, and deleted."""
    body = autoscale_setting(deployment)
    assert send("PUT", "/by-load", body).status_code == 201
    shown = send("GET", "/BY-LOAD").json()
    assert {key: shown[key] for key in body if key != "properties"} == {
        key: body[key] for key in body if key != "properties"
    }
    assert shown["properties"] == {"name": "by-load", "notifications": [], **body["properties"]}
    assert shown["type"] == "Microsoft.Insights/autoscaleSettings"
    assert send("PUT", "/by-load", autoscale_setting(deployment, enabled=False)).status_code == 200
    listed = [each for each in send("GET").json()["value"] if each["name"] == "by-load"]
    assert [each["properties"]["enabled"] for each in listed] == [False]
    assert send("PATCH", "/by-load", {"tags": {"team": "credit"}}).json()["tags"] == {"team": "credit"}
    assert [send("DELETE", "/by-load").status_code for _ in range(2)] == [200, 204]
    assert send("GET", "/by-load").status_code == 404


def test_what_was_shown_can_be_put_back(send: Send, deployment: str) -> None:
    """A setting is accepted in the form in which it is shown, including its read-only parts."""
    send("PUT", "/by-load", autoscale_setting(deployment))
    assert send("PUT", "/by-load", send("GET", "/by-load").json()).status_code == 200


@pytest.mark.parametrize(
    ("properties", "status", "expected"),
    [
        ({"targetResourceUri": "/subscriptions/s/resourceGroups/g"}, 400, "was not found"),
        ({"profiles": []}, 400, "properties.profiles"),
        ({"colour": "red"}, 400, "'colour' was unexpected"),
        ({"predictiveAutoscalePolicy": {"scaleMode": "Sometimes"}}, 400, "scaleMode"),
        (
            {"profiles": [{"name": "p", "capacity": {"minimum": "3", "maximum": "5", "default": "2"}, "rules": []}]},
            400,
            "between minimum and maximum",
        ),
    ],
)
def test_refused(send: Send, deployment: str, properties: dict[str, Any], status: int, expected: str) -> None:
    """An invalid setting is refused with a message that says why."""
    answer = send("PUT", "/odd", autoscale_setting(deployment, **properties))
    assert (answer.status_code, expected in answer.text) == (status, True)


def test_one_setting_per_deployment(send: Send, deployment: str) -> None:
    """A second setting for the same deployment is refused with the name of the first."""
    send("PUT", "/first", autoscale_setting(deployment))
    answer = send("PUT", "/second", autoscale_setting(deployment.upper()))
    assert (answer.status_code, "'first'" in answer.text) == (409, True)


def test_other_resources_of_the_provider(send: Send) -> None:
    """Anything else of Azure Monitor is refused by name."""
    answer = send("GET", "/by-load/notifications")
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, "NotEmulated")
