"""The service's rules for endpoints and deployments, over the wire: what is refused, and with which message."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.emulator.arm import Arm, deployment_body, endpoint_body
from tests.emulator.assets import Assets

ENDPOINT = "onlineEndpoints/served"


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"traffic": {"blue": 90}}, "must be 0 or 100, not 90"),
        ({"traffic": {"blue": 90, "green": 20}}, "must be 0 or 100, not 110"),
        ({"traffic": {"blue": 50, "red": 50}}, "'red', which does not exist"),
        ({"traffic": {"blue": 110, "green": -10}}, "properties.traffic"),
        ({"traffic": {"blue": 99.5, "green": 0.5}}, "properties.traffic"),
        ({"traffic": {"blue": 100}, "mirrorTraffic": {"green": 51}}, "At most 50 percent"),
        ({"traffic": {"blue": 100}, "mirrorTraffic": {"red": 10}}, "'red', which does not exist"),
        ({"traffic": {"green": 100}, "mirrorTraffic": {"green": 10}}, "both live and mirrored"),
        ({"mirrorTraffic": {"green": 10, "blue": 10}}, "Only one deployment"),
        ({"weights": {"blue": 100}}, "'weights' was unexpected"),
        ({"authMode": "Password"}, "properties.authMode"),
    ],
)
@pytest.mark.usefixtures("served")
def test_endpoint_refused(arm: Arm, properties: dict[str, Any], expected: str) -> None:
    """A body that breaks a rule is refused with a 400 that says which one, and nothing changes."""
    status, _, message = arm.error("PUT", ENDPOINT, endpoint_body(**properties))
    assert status == 400
    assert expected in message
    assert arm.properties(ENDPOINT)["traffic"] == {"blue": 100}


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"instanceType": "Huge"}, "BadRequest: The instance type 'Huge'"),
        ({"scaleSettings": {"scaleType": "TargetUtilization"}}, "BadRequest: .* scale type Default"),
        ({"environmentId": "azureml:nowhere:1"}, "ResourceNotFound: .*environments/nowhere/versions/1"),
        ({"requestSettings": {"requestTimeout": "5 seconds"}}, "InvalidRequestContent: .*requestTimeout"),
        ({"requestSettings": {"requestTimeout": "PT181S"}}, "BadRequest: .* at most 180 seconds, not 181"),
        ({"livenessProbe": {"failureThreshold": 0}}, "InvalidRequestContent: .*livenessProbe.failureThreshold"),
        ({"instances": 3}, "InvalidRequestContent: .*'instances' was unexpected"),
    ],
)
def test_deployment_refused(arm: Arm, served: str, assets: Assets, properties: dict[str, Any], expected: str) -> None:
    """A body that breaks a rule is refused with a 400 before anything starts."""
    body = deployment_body(assets.model, assets.echo, **properties)
    status, code, message = arm.error("PUT", f"onlineEndpoints/{served}/deployments/refused", body)
    assert status == 400
    assert re.match(expected, f"{code}: {message}")
    assert arm.call("GET", f"onlineEndpoints/{served}/deployments/refused").status_code == 404


def test_a_model_that_is_missing_fails_the_operation(arm: Arm, served: str, assets: Assets) -> None:
    """The PUT is accepted, as in Azure; the operation names the missing model, and the deployment stays."""
    path = f"onlineEndpoints/{served}/deployments/modelless"
    answer = arm.put(path, deployment_body("azureml:nowhere:1", assets.echo))
    assert answer.status_code == 201
    failed = arm.wait(answer)
    assert failed["status"] == "Failed"
    assert "models/nowhere/versions/1" in failed["error"]["message"]
    assert arm.properties(path)["provisioningState"] == "Failed"
    arm.wait(arm.call("DELETE", path))


@pytest.mark.parametrize(
    ("query", "expected"),
    [("name=served&computeType=Managed", ["served"]), ("name=served&computeType=Kubernetes", [])],
)
@pytest.mark.usefixtures("served")
def test_endpoints_are_selected(arm: Arm, query: str, expected: list[str]) -> None:
    """The list has only the endpoints that the query selects, and refuses by name what it cannot select by."""
    assert [each["name"] for each in arm.call("GET", f"onlineEndpoints?{query}").json()["value"]] == expected
    status, _, message = arm.error("GET", "onlineEndpoints?owner=ada")
    assert (status, "parameter owner" in message) == (501, True)


@pytest.mark.parametrize("name", ["ab", "1st", "a--b", "ends-", "a_b", "x" * 33])
def test_names(arm: Arm, served: str, assets: Assets, name: str) -> None:
    """Names of endpoints and deployments are 3 to 32 letters, digits and single dashes, starting with a letter."""
    assert arm.error("PUT", f"onlineEndpoints/{name}", endpoint_body())[0] == 400
    body = deployment_body(assets.model, assets.echo)
    assert arm.error("PUT", f"onlineEndpoints/{served}/deployments/{name}", body)[0] == 400


def test_deployment_with_traffic_cannot_be_deleted(arm: Arm, served: str) -> None:
    """Neither live nor mirrored traffic allows a deployment to be deleted."""
    status, _, message = arm.error("DELETE", f"onlineEndpoints/{served}/deployments/blue")
    assert (status, "100 percent of live traffic" in message) == (400, True)
    arm.wait(arm.put(ENDPOINT, endpoint_body(traffic={"blue": 100}, mirrorTraffic={"green": 10})))
    status, _, message = arm.error("DELETE", f"onlineEndpoints/{served}/deployments/green")
    assert (status, "10 percent of mirrored traffic" in message) == (400, True)
    arm.wait(arm.put(ENDPOINT, endpoint_body(traffic={"blue": 100})))


def test_put_replaces_everything(arm: Arm) -> None:
    """An endpoint's PUT replaces everything: what the body leaves out is removed, including tags and description."""
    body = endpoint_body(description="first") | {"tags": {"team": "risk"}}
    arm.wait(arm.put("onlineEndpoints/replaced", body))
    arm.wait(arm.put("onlineEndpoints/replaced", endpoint_body()))
    document = arm.call("GET", "onlineEndpoints/replaced").json()
    assert document["tags"] == {}
    assert "description" not in document["properties"]


def test_patch_changes_tags_only(arm: Arm) -> None:
    """An endpoint's PATCH can change tags, but not traffic."""
    arm.wait(arm.put("onlineEndpoints/patched", endpoint_body(description="kept")))
    answer = arm.call("PATCH", "onlineEndpoints/patched", {"tags": {"a": "b"}})
    assert answer.status_code == 202
    arm.wait(answer)
    document = arm.call("GET", "onlineEndpoints/patched").json()
    assert (document["tags"], document["properties"]["description"]) == ({"a": "b"}, "kept")
    body = {"properties": {"traffic": {"blue": 100}}}
    assert arm.error("PATCH", "onlineEndpoints/patched", body)[0] == 400


def test_numbers_become_text(arm: Arm) -> None:
    """Microsoft's client sends tags and properties as they are given; they are stored and shown as text."""
    body = endpoint_body(properties={"cost": 0.5, "owner": "ada"}) | {"tags": {"size": 3, "public": False}}
    arm.wait(arm.put("onlineEndpoints/numbered", body))
    shown = arm.call("GET", "onlineEndpoints/numbered").json()
    assert shown["tags"] == {"size": "3", "public": "false"}
    assert shown["properties"]["properties"] == {"cost": "0.5", "owner": "ada"}
    arm.wait(arm.call("PATCH", "onlineEndpoints/numbered", {"tags": {"size": 4}}))
    assert arm.call("GET", "onlineEndpoints/numbered").json()["tags"] == {"size": "4"}


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        (ENDPOINT, {"tags": {"a": ["b"]}}, "tags.a"),
        (ENDPOINT, {"identity": {"type": "Magic"}}, "identity.type"),
        (f"{ENDPOINT}/deployments/blue", {"tags": "none"}, "tags"),
        (f"{ENDPOINT}/deployments/blue", {"sku": {"name": "Default", "capacity": "many"}}, "sku.capacity"),
    ],
)
@pytest.mark.usefixtures("served")
def test_a_patch_has_the_shape_of_its_resource(arm: Arm, path: str, body: dict[str, Any], place: str) -> None:
    """What does not match the published type is refused by name, as in a PUT."""
    status, code, message = arm.error("PATCH", path, body)
    assert (status, code) == (400, "InvalidRequestContent")
    assert f"'{place}'" in message


def test_one_operation_at_a_time(arm: Arm, assets: Assets) -> None:
    """While an operation is running on a deployment, another one on it or on the endpoint gets a 409."""
    arm.wait(arm.put("onlineEndpoints/busy", endpoint_body()))
    path = "onlineEndpoints/busy/deployments/blue"
    started = arm.put(path, deployment_body(assets.model, assets.echo))
    assert started.status_code == 201
    assert arm.properties(path)["provisioningState"] == "Creating"
    status, code, message = arm.error("PUT", path, deployment_body(assets.model, assets.echo))
    assert (status, code) == (409, "Conflict")
    assert "another operation on same entity is already running" in message
    assert arm.error("DELETE", "onlineEndpoints/busy")[0] == 409
    assert arm.wait(started)["status"] == "Succeeded"
    arm.wait(arm.call("DELETE", "onlineEndpoints/busy"))
    assert arm.call("GET", "onlineEndpoints/busy").status_code == 404


def test_traffic_needs_a_ready_deployment(arm: Arm, assets: Assets) -> None:
    """A deployment whose script cannot start ends up Failed, says why in its log, and cannot get traffic."""
    arm.wait(arm.put("onlineEndpoints/failing", endpoint_body()))
    path = "onlineEndpoints/failing/deployments/broken"
    document = arm.wait(arm.put(path, deployment_body(assets.model, assets.broken)))
    assert (document["status"], document["error"]["code"]) == ("Failed", "ResourceNotReady")
    assert "this script cannot start" in document["error"]["message"]
    assert arm.properties(path)["provisioningState"] == "Failed"
    assert "this script cannot start" in arm.call("POST", f"{path}/getLogs", {"tail": 200}).json()["content"]
    status, _, message = arm.error("PUT", "onlineEndpoints/failing", endpoint_body(traffic={"broken": 100}))
    assert (status, "provisioning state is Failed" in message) == (400, True)
    arm.wait(arm.call("DELETE", path))
    arm.wait(arm.call("DELETE", "onlineEndpoints/failing"))
