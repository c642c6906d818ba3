"""The entry points of the resource manager: from the tenant to the resources of a group, and who may do what."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import requests

from tests.cloud import RunningCloud
from tests.emulator.arm import Arm

ROOT = "https://management.azure.com"
READER = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"


def call(arm: Arm, path: str, method: str = "GET", body: Any = None, **query: str) -> requests.Response:  # noqa: ANN401  # any JSON
    """Send a request for a path below the root; a `filter` is the query parameter $filter."""
    filters = {"$filter": query.pop("filter")} if "filter" in query else {}
    return arm.send(method, f"{ROOT}{path}", body, {"api-version": "2022-09-01", **filters})


def listed(arm: Arm, path: str, key: str, **query: str) -> list[str]:
    """Return one member of each item of a list."""
    return [item[key] for item in call(arm, path, **query).json()["value"]]


@pytest.mark.parametrize(
    ("path", "key", "expected"),
    [
        ("/tenants", "tenantId", "{tenant}"),
        ("/subscriptions", "subscriptionId", "{subscription}"),
        ("/subscriptions/{subscription}/locations", "name", "{region}"),
        ("/Subscriptions/{subscription}/resourcegroups", "name", "{resource_group}"),
    ],
)
def test_lists_of_one(arm: Arm, cloud: RunningCloud, path: str, key: str, expected: str) -> None:
    """There is one tenant, subscription, location and resource group."""
    names = cloud.names | {"tenant": cloud.environment["AZURE_TENANT_ID"]}
    assert listed(arm, path.format(**names), key) == [expected.format(**names)]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/subscriptions/other", 404, "SubscriptionNotFound"),
        ("GET", "/subscriptions/other/resourceGroups", 404, "SubscriptionNotFound"),
        ("GET", "/subscriptions/{subscription}/resourceGroups/other", 404, "ResourceGroupNotFound"),
        ("HEAD", "/subscriptions/{subscription}/resourceGroups/other", 404, ""),
        ("HEAD", "/subscriptions/{subscription}/resourceGroups/{resource_group}", 204, ""),
        ("GET", "/subscriptions/{subscription}/providers/Microsoft.Sql", 501, "NotEmulated"),
        ("POST", "/subscriptions/{subscription}/providers/Microsoft.Insights/register", 200, ""),
        ("PUT", "/subscriptions/{subscription}/resourceGroups/new", 501, "NotEmulated"),
    ],
)
def test_answers(  # noqa: PLR0917  # a table
    arm: Arm, cloud: RunningCloud, method: str, path: str, status: int, code: str
) -> None:
    """What does not exist is not found, and what is not emulated is refused by name."""
    answer = call(arm, path.format(**cloud.names), method)
    assert (answer.status_code, code in answer.text) == (status, True)


def test_resources_of_a_group(arm: Arm, cloud: RunningCloud, served: str) -> None:
    """Resources are listed under the names of their parents, all or those of one type."""
    group = "/subscriptions/{subscription}/resourceGroups/{resource_group}/resources".format(**cloud.names)
    kind = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"
    names = [f"{cloud['workspace']}/{served}/{name}" for name in ("blue", "green")]
    assert set(names) <= set(listed(arm, group, "name", filter=f"resourceType eq '{kind}'"))
    assert {cloud["workspace"], *names} <= set(listed(arm, group, "name"))
    assert call(arm, group, filter="tagName eq 'a'").status_code == 501


def test_role_assignments(arm: Arm, cloud: RunningCloud) -> None:
    """A role is assigned once per principal and scope, shown at, above and below its scope, and deleted."""
    who, name = str(uuid.uuid4()), str(uuid.uuid4())
    group = "/subscriptions/{subscription}/resourceGroups/{resource_group}".format(**cloud.names)
    assignments = f"{group}/providers/Microsoft.Authorization/roleAssignments"
    body = {"properties": {"roleDefinitionId": READER, "principalId": who}}
    created = call(arm, f"{assignments}/{name}", "PUT", body)
    assert (created.status_code, created.json()["properties"]["scope"]) == (201, group)
    again = call(arm, f"{assignments}/{uuid.uuid4()}", "PUT", body)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "RoleAssignmentExists")

    def seen(scope: str, condition: str) -> list[str]:
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments"
        return [each for each in listed(arm, path, "name", filter=condition) if each == name]

    subscription = f"/subscriptions/{cloud['subscription']}"
    assert seen(cloud.workspace_id, f"principalId eq '{who}'") == [name]
    assert seen(cloud.workspace_id, "principalId eq 'another'") == []
    assert seen(subscription, f"assignedTo('{who}')") == [name]
    assert seen(subscription, "atScope()") == []
    assert call(arm, f"{assignments}/{name}", "DELETE").json()["properties"]["principalId"] == who
    assert [call(arm, f"{assignments}/{name}", method).status_code for method in ("GET", "DELETE")] == [404, 204]


def test_role_definitions(arm: Arm) -> None:
    """Built-in roles are found by name and by id, with Azure's ids."""
    found = listed(arm, "/providers/Microsoft.Authorization/roleDefinitions", "id", filter="roleName eq 'Reader'")
    assert [each.endswith(READER) for each in found] == [True]
    assert call(arm, READER).json()["properties"]["roleName"] == "Reader"
    assert call(arm, f"{READER}0").status_code == 404


def test_metrics_of_a_resource(arm: Arm, cloud: RunningCloud, served: str) -> None:
    """Metrics are below the endpoint that they belong to, as Azure Monitor's older clients read them."""
    metrics = f"{cloud.workspace_id}/onlineEndpoints/{served}/providers/microsoft.insights"
    answer = call(arm, f"{metrics}/metrics").json()
    assert (answer["error"]["code"], call(arm, f"{metrics}/metricNamespaces").status_code) == ("BadRequest", 200)
    assert "RequestsPerMinute" in [
        each["name"]["value"] for each in call(arm, f"{metrics}/metricDefinitions").json()["value"]
    ]
    assert call(arm, f"{cloud.workspace_id}/providers/microsoft.insights/metricDefinitions").status_code == 501


@pytest.mark.parametrize(
    ("changed", "status", "expected"),
    [
        ({}, 200, "expires_on"),
        ({"client_secret": "another"}, 401, "AADSTS7000215"),
        ({"resource": ""}, 400, "invalid_resource"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_token_of_version_1(cloud: RunningCloud, changed: dict[str, str], status: int, expected: str) -> None:
    """The older token endpoint takes a resource instead of a scope, and refuses what the newer one refuses."""
    known = cloud.environment
    form = {"client_id": known["AZURE_CLIENT_ID"], "client_secret": known["AZURE_CLIENT_SECRET"]}
    form |= {"grant_type": "client_credentials", "resource": f"{ROOT}/", **changed}
    url = f"https://login.microsoftonline.com/{known['AZURE_TENANT_ID']}/oauth2/token"
    answer = requests.post(url, data=form, timeout=60)
    assert (answer.status_code, expected in answer.text) == (status, True)
    if answer.ok:
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert requests.get(f"{ROOT}/tenants?api-version=2022-12-01", headers=headers, timeout=60).ok
