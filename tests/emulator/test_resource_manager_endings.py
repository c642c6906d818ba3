"""Operations that fail or never end, and stale reads of traffic, on request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest
import requests

from tests.cloud import RunningCloud
from tests.emulator.arm import Arm, deployment_body, endpoint_body
from tests.emulator.assets import Assets

LONG = 3600.0  # virtual seconds; a minute of wall-clock time in the tests' cloud


@pytest.fixture
def hostile(cloud: RunningCloud) -> Iterator[RunningCloud]:
    """Return the cloud; afterwards its faults are reset."""
    yield cloud
    cloud.set("resource-manager")


@pytest.fixture
def endpoint(arm: Arm, served: str) -> Iterator[str]:
    """Return the path of an endpoint with blue, which serves, and green; afterwards all traffic is on blue again."""
    path = f"onlineEndpoints/{served}"
    yield path
    arm.wait(arm.put(path, endpoint_body(traffic={"blue": 100})))


def seen(arm: Arm, path: str) -> tuple[str, dict[str, int]]:
    """Return the state and the traffic of an endpoint as a reader sees them."""
    properties = arm.properties(path)
    return properties["provisioningState"], properties["traffic"]


@pytest.mark.parametrize(
    ("ending", "applied", "traffic"),
    [
        ("Failed", False, {"blue": 100}),
        ("Failed", True, {"blue": 70, "green": 30}),
        ("Canceled", False, {"blue": 100}),
        ("Canceled", True, {"blue": 70, "green": 30}),
    ],
)
def test_a_failed_traffic_change(
    arm: Arm, hostile: RunningCloud, endpoint: str, ending: str, *, applied: bool, traffic: dict[str, int]
) -> None:
    """The endpoint is left in that state, with the old traffic or, on request, the new; the next write repairs it."""
    hostile.set("resource-manager", endings=[{"entity": endpoint, "ending": ending, "applied": applied}])
    document = arm.wait(arm.put(endpoint, endpoint_body(traffic={"blue": 70, "green": 30})))
    assert document["status"] == ending
    assert seen(arm, endpoint) == (ending, traffic)
    arm.wait(arm.put(endpoint, endpoint_body(traffic={"blue": 100})))
    assert seen(arm, endpoint) == ("Succeeded", {"blue": 100})


def test_the_error_of_a_canceled_operation(arm: Arm, hostile: RunningCloud, endpoint: str) -> None:
    """A canceled operation has Azure's OperationCanceled, and a failed one the requested code."""
    endings = [{"entity": endpoint, "ending": "Canceled"}, {"entity": endpoint, "code": "OutOfCapacity"}]
    hostile.set("resource-manager", endings=endings)
    codes = [arm.wait(arm.put(endpoint, endpoint_body(traffic={"blue": 100})))["error"]["code"] for _ in endings]
    assert codes == ["OperationCanceled", "OutOfCapacity"]


def test_stale_reads(arm: Arm, hostile: RunningCloud, endpoint: str) -> None:
    """After a successful traffic change readers still see the old traffic, although requests follow the new."""
    hostile.set("resource-manager", stale_reads=LONG)
    assert arm.wait(arm.put(endpoint, endpoint_body(traffic={"green": 100})))["status"] == "Succeeded"
    assert seen(arm, endpoint) == ("Succeeded", {"blue": 100})
    listed = {
        each["name"]: each["properties"]["traffic"] for each in arm.call("GET", "onlineEndpoints").json()["value"]
    }
    assert listed[endpoint.split("/")[1]] == {"blue": 100}
    headers = {"Authorization": f"Bearer {arm.key(endpoint)}"}
    answer = requests.post(arm.properties(endpoint)["scoringUri"], json={}, headers=headers, timeout=60)
    assert answer.headers["azureml-model-deployment"] == "green"
    hostile.set("resource-manager", stale_reads=0)
    assert seen(arm, endpoint) == ("Succeeded", {"green": 100})


@pytest.fixture
def hung(arm: Arm, hostile: RunningCloud, assets: Assets, served: str) -> Iterator[tuple[str, requests.Response]]:
    """Return the path of a deployment whose creation never ends, and the answer to its PUT. It is deleted later."""
    path = f"onlineEndpoints/{served}/deployments/hung"
    hostile.set("resource-manager", endings=[{"entity": path, "ending": "Never"}])
    creation = arm.put(path, deployment_body(assets.model, assets.echo))
    yield path, creation
    hostile.set("resource-manager")
    arm.wait(creation)
    arm.wait(arm.call("DELETE", path))


def test_a_creation_that_never_ends(arm: Arm, hostile: RunningCloud, hung: tuple[str, requests.Response]) -> None:
    """It remains Creating and busy until the ending is lifted; then it continues normally."""
    path, creation = hung
    assert arm.properties(path)["provisioningState"] == "Creating"
    assert arm.error("DELETE", path)[0] == 409
    hostile.set("resource-manager")
    assert arm.wait(creation)["status"] == "Succeeded"
    assert arm.properties(path)["provisioningState"] == "Succeeded"


def test_a_creation_that_gives_way(arm: Arm, hostile: RunningCloud, assets: Assets, served: str) -> None:
    """On request a deletion cancels it, and the deployment is deleted."""
    path = f"onlineEndpoints/{served}/deployments/yielding"
    hostile.set("resource-manager", endings=[{"entity": path, "ending": "Never", "gives_way": True}])
    creation = arm.put(path, deployment_body(assets.model, assets.echo))
    arm.wait(arm.call("DELETE", path))
    assert arm.wait(creation)["error"]["code"] == "OperationCanceled"
    assert arm.call("GET", path).status_code == 404


@pytest.mark.parametrize("setting", [{"endings": [{"ending": "Soon"}]}, {"stale": 3}, {"endings": [{"when": "now"}]}])
def test_unknown_settings(hostile: RunningCloud, setting: dict[str, Any]) -> None:
    """An unknown setting or value is rejected rather than ignored."""
    with pytest.raises(HTTPError) as refused:
        hostile.set("resource-manager", **setting)
    refused.value.close()
    assert refused.value.code == 400
