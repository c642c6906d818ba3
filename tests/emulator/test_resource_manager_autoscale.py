"""Autoscale settings over the wire: kept as they were given, refused where Azure Monitor's types do not allow them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure.core.credentials import TokenCredential

    from tests.cloud import RunningCloud

Send = Callable[..., requests.Response]


@pytest.fixture
def send(cloud: RunningCloud, credential: TokenCredential) -> Iterator[Send]:
    """Return a way to send requests for autoscale settings of the resource group; what they made is deleted."""
    group = f"/subscriptions/{cloud['subscription']}/resourceGroups/{cloud['resource_group']}"
    token = credential.get_token("https://management.azure.com/.default").token
    headers = {"Authorization": f"Bearer {token}"}

    def call(method: str, name: str = "", body: dict[str, Any] | None = None) -> requests.Response:
        url = f"https://management.azure.com{group}/providers/Microsoft.Insights/autoscalesettings{name}"
        params = {"api-version": "2022-10-01"}
        return requests.request(method, url, params=params, json=body, headers=headers, timeout=60)

    yield call
    for each in call("GET").json()["value"]:
        call("DELETE", f"/{each['name']}")


def setting(deployment: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401  # any JSON
    """Return a setting as `az monitor autoscale` writes it: two to five instances by their processors' load."""
    trigger = {
        "metricName": "CpuUtilizationPercentage",
        "metricResourceUri": deployment,
        "timeGrain": "PT1M",
        "statistic": "Average",
        "timeWindow": "PT5M",
        "timeAggregation": "Average",
        "operator": "GreaterThan",
        "threshold": 70,
        "dimensions": [],
        "dividePerInstance": False,
    }
    action = {"direction": "Increase", "type": "ChangeCount", "value": "1", "cooldown": "PT5M"}
    profile = {
        "name": "by load",
        "capacity": {"minimum": "2", "maximum": "5", "default": "2"},
        "rules": [{"metricTrigger": trigger, "scaleAction": action}],
    }
    given = {"enabled": True, "targetResourceUri": deployment, "profiles": [profile], **properties}
    return {"location": "westeurope", "tags": {"team": "risk"}, "properties": given}


@pytest.fixture
def deployment(cloud: RunningCloud, served: str) -> str:
    """Return the ARM id of a deployment that serves."""
    return f"{cloud.workspace_id}/onlineEndpoints/{served}/deployments/blue"


def test_kept_as_given(send: Send, deployment: str) -> None:
    """A setting is made (201), replaced (200), listed, shown with all that it was given, and deleted."""
    body = setting(deployment)
    assert send("PUT", "/by-load", body).status_code == 201
    shown = send("GET", "/BY-LOAD").json()
    assert {key: shown[key] for key in body if key != "properties"} == {
        key: body[key] for key in body if key != "properties"
    }
    assert shown["properties"] == {"name": "by-load", "notifications": [], **body["properties"]}
    assert shown["type"] == "Microsoft.Insights/autoscaleSettings"
    assert send("PUT", "/by-load", setting(deployment, enabled=False)).status_code == 200
    assert [each["properties"]["enabled"] for each in send("GET").json()["value"]] == [False]
    assert send("PATCH", "/by-load", {"tags": {"team": "credit"}}).json()["tags"] == {"team": "credit"}
    assert [send("DELETE", "/by-load").status_code for _ in range(2)] == [200, 204]
    assert send("GET", "/by-load").status_code == 404


def test_what_was_shown_can_be_put_back(send: Send, deployment: str) -> None:
    """A setting as it is shown, read-only parts included, is accepted again."""
    send("PUT", "/by-load", setting(deployment))
    assert send("PUT", "/by-load", send("GET", "/by-load").json()).status_code == 200


@pytest.mark.parametrize(
    ("properties", "status", "words"),
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
def test_refused(send: Send, deployment: str, properties: dict[str, Any], status: int, words: str) -> None:
    """A setting that Azure Monitor's types or sense do not allow is refused, and the message says why."""
    answer = send("PUT", "/odd", setting(deployment, **properties))
    assert (answer.status_code, words in answer.text) == (status, True)


def test_one_setting_per_deployment(send: Send, deployment: str) -> None:
    """A second setting for the same deployment is refused with the name of the first."""
    send("PUT", "/first", setting(deployment))
    answer = send("PUT", "/second", setting(deployment.upper()))
    assert (answer.status_code, "'first'" in answer.text) == (409, True)


def test_other_resources_of_the_provider(send: Send) -> None:
    """What Azure Monitor has besides is refused by its name."""
    answer = send("GET", "/by-load/notifications")
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, "NotEmulated")
