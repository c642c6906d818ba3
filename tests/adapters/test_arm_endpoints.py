"""What is read from ARM and sent to it, document by document, and how its errors are handled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.arm import ResourceManager, arm_pipeline
from shared.adapters.endpoints import ArmEndpoints
from shared.adapters.models import ArmModels
from shared.adapters.resource_bodies import deployment_seen
from shared.adapters.templates import DeploymentTemplates
from shared.core.observation import Provisioning
from shared.core.policy import EndpointSpec, TemplateSource
from shared.core.reconcile.actions import (
    CopyAutoscale,
    CreateDeployment,
    CreateEndpoint,
    DeleteDeployment,
    SwitchAutoscale,
)
from shared.core.rollout import ModelVersion
from shared.errors import Permanent, TealError, Temporary
from shared.settings import WorkspaceSettings
from tests.adapters.arm_documents import IDENTITY, WORKSPACE, deployment, endpoint
from tests.adapters.stand_in import DROPPED, TOKEN, Credential, Reply, StandIn

ROOT = f"https://management.azure.com{WORKSPACE}"
SETTINGS = WorkspaceSettings("00000000-0000-0000-0000-000000000001", "ml", "churn-ws", "logs")
CREATE = CreateDeployment("churn", "churn-7", ModelVersion("churn-model", "7"), like="churn-6")
FROM_FILE = CreateDeployment("churn", "churn-7", ModelVersion("churn-model", "7"), "", TemplateSource("churn.yml"))
TEMPLATE = """
name: x
endpoint_name: churn
model: azureml:churn-model:7
instance_type: Standard_DS3_v2
instance_count: 1
"""


@pytest.fixture
def manager() -> ResourceManager:
    """Return ARM for the workspace, built as for the app."""
    return ResourceManager(arm_pipeline(Credential(), connect_seconds=5, read_seconds=5), WORKSPACE)


@pytest.fixture
def endpoints(manager: ResourceManager) -> ArmEndpoints:
    """Return the adapter."""
    return ArmEndpoints(manager, templates())


def templates(**options: float) -> DeploymentTemplates:
    """Return the one template, with the app's retries."""
    return DeploymentTemplates(
        SETTINGS, Credential(), lambda *_: TEMPLATE, Path(), retry_total=1, retry_status=0, **options
    )


def error(status: int, code: str, message: str, **headers: str) -> Reply:
    """Return an error in ARM's format."""
    return Reply(status, {"error": {"code": code, "message": message}}, headers)


def test_an_endpoint_is_seen_with_all_its_deployments(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """Names are in lower case, traffic has no zeros, and all pages of a long list are read."""
    more = f"{ROOT}/onlineEndpoints/churn/deployments?api-version=2024-10-01&$skip=1"
    azure.answer(
        Reply(200, endpoint(traffic={"Churn-6": 100, "churn-7": 0})),
        Reply(200, {"value": [deployment("Churn-6")], "nextLink": more}),
        Reply(200, {"value": [deployment("churn-7", provisioningState="Creating")]}),
    )
    seen = endpoints.see("churn")
    assert seen is not None
    assert (seen.name, seen.state) == ("churn", Provisioning.SUCCEEDED)
    assert (seen.traffic, seen.mirror) == ({"churn-6": 100}, {"churn-7": 20})
    assert {name: each.state for name, each in seen.deployments.items()} == {
        "churn-6": Provisioning.SUCCEEDED,
        "churn-7": Provisioning.CREATING,
    }
    assert seen.deployments["churn-6"].model.endswith("/models/churn-model/versions/6")
    assert [asked.url for asked in azure.asked] == [
        f"{ROOT}/onlineEndpoints/churn?api-version=2024-10-01",
        f"{ROOT}/onlineEndpoints/churn/deployments?api-version=2024-10-01",
        more,
    ]


@pytest.mark.parametrize(("tags", "ours"), [({"managed-by": "teal", "team": "x"}, True), ({"team": "x"}, False)])
def test_who_made_a_deployment_and_when_it_was_changed_is_seen(
    endpoints: ArmEndpoints, azure: StandIn, *, tags: dict[str, str], ours: bool
) -> None:
    """The tag that Teal gives its own deployments says who, and Azure's time of the last change says when."""
    azure.answer(Reply(200, endpoint()), Reply(200, {"value": [deployment() | {"tags": tags}]}))
    seen = endpoints.see("churn")
    assert seen is not None
    found = seen.deployments["churn-6"]
    assert (found.by_teal, found.modified) == (ours, datetime(2026, 1, 2, tzinfo=UTC))


CHANGES: dict[str, tuple[dict[str, object], bool]] = {
    "another environment": ({"environmentId": "/e/envs/other/versions/2"}, False),
    "another script": ({"codeConfiguration": {"codeId": "/c/1", "scoringScript": "other.py"}}, False),
    "ids in capitals": ({"environmentId": "/E/ENVS/SKLEARN/VERSIONS/1"}, True),
    "another size": ({"instanceType": "Standard_F4s_v2"}, True),
    "being scaled": ({"provisioningState": "Scaling"}, True),
}


@pytest.mark.parametrize(("change", "same"), CHANGES.values(), ids=CHANGES)
def test_what_a_deployment_runs_can_be_compared(change: dict[str, object], *, same: bool) -> None:
    """Another model, code or environment makes a difference; another size or state does not."""
    runs = {
        "environmentId": "/e/envs/sklearn/versions/1",
        "codeConfiguration": {"codeId": "/c/1", "scoringScript": "a.py"},
    }
    before, after = (deployment_seen(deployment(**each)) for each in (runs, runs | change))
    assert before.content
    assert (before.content == after.content) is same


def test_of_a_deployment_without_any_detail_it_is_unknown_what_it_runs() -> None:
    """Azure may leave the details out of one answer: that alone must not look as if someone had replaced it."""
    assert deployment_seen({"name": "churn-6", "properties": {"provisioningState": "Updating"}}).content == ""
    assert deployment_seen({"name": "churn-6"}).content == ""


@pytest.mark.parametrize("missing", [{}, {"provisioningState": None}, {"provisioningState": "Hibernating"}])
def test_a_state_that_azure_may_add_is_unknown(
    endpoints: ArmEndpoints, azure: StandIn, missing: dict[str, Any]
) -> None:
    """A state that Azure adds later counts as neither ready nor failed."""
    body = {"name": "churn", "properties": missing}
    azure.answer(Reply(200, body), Reply(200, {"value": [{"name": "churn-6", "properties": missing}]}))
    seen = endpoints.see("churn")
    assert seen is not None
    assert (seen.state, seen.deployments["churn-6"].state) == (Provisioning.UNKNOWN, Provisioning.UNKNOWN)
    assert seen.traffic == {}


def test_a_missing_endpoint_is_seen_as_none(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """This also holds if it is deleted between the two requests."""
    azure.answer(error(404, "ResourceNotFound", "not found"))
    assert endpoints.see("churn") is None
    azure.answer(Reply(200, endpoint()), error(404, "ResourceNotFound", "not found"))
    assert endpoints.see("churn") is None


@pytest.mark.parametrize("code", ["SubscriptionNotFound", "ResourceGroupNotFound"])
def test_a_wrong_setting_is_not_taken_for_a_missing_endpoint(
    endpoints: ArmEndpoints, azure: StandIn, code: str
) -> None:
    """If the resource group is mistyped, that must not look like a deleted endpoint."""
    azure.answer(error(404, code, "could not be found"))
    with pytest.raises(Permanent, match=code):
        endpoints.see("churn")


def test_green_is_like_blue_in_all_but_name_and_model(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """All settings of a deployment are copied, known to us or not, except read-only properties."""
    blue = deployment("churn-6", somethingNew={"of": 2027})
    azure.answer(Reply(200, blue), Reply(201, deployment("churn-7", provisioningState="Creating")))
    endpoints.create_deployment(CREATE)
    read, written = azure.asked
    assert (read.method, read.url) == (
        "GET",
        f"{ROOT}/onlineEndpoints/churn/deployments/churn-6?api-version=2024-10-01",
    )
    assert (written.method, written.url) == (
        "PUT",
        f"{ROOT}/onlineEndpoints/churn/deployments/churn-7?api-version=2024-10-01",
    )
    properties = {key: value for key, value in blue["properties"].items() if key != "provisioningState"}
    assert written.body == {
        "location": "westeurope",
        "kind": "Managed",
        "tags": {"team": "retention", "managed-by": "teal"},
        "sku": {"name": "Default", "tier": "Standard", "capacity": 4},
        "properties": properties
        | {"model": f"{WORKSPACE}/models/churn-model/versions/7", "properties": {"azureml.note": "kept"}},
    }


@pytest.mark.parametrize(
    ("live", "before", "after"),
    [
        (f"{WORKSPACE}/models/churn-model/versions/6", "/var/m/churn-model/6", "/var/m/churn-model/7"),
        ("azureml://registries/r/models/base/versions/1", "/var/m/base/1", "/var/m/churn-model/7"),
        ("azureml:base:1", "/var/m/base/1", "/var/m/churn-model/7"),
        (f"{WORKSPACE}/models/churn-model/versions/6", "/var/m", "/var/m"),
        (f"{WORKSPACE}/models/churn-model/versions/6", "/var/m/churn-model/16", "/var/m/churn-model/16"),
        ("", "/var/m/", "/var/m/"),
        (None, "/", "/"),
    ],
)
def test_green_uses_its_own_model(
    endpoints: ArmEndpoints, azure: StandIn, live: str | None, before: str, after: str
) -> None:
    """Azure adds the folder of blue's model to its variables, which must be replaced; a user-defined folder stays."""
    variables = {"LIMIT": "5", "AZUREML_MODEL_DIR": before}
    azure.answer(Reply(200, deployment(environmentVariables=variables, model=live)), Reply(201, deployment()))
    endpoints.create_deployment(CREATE)
    written = azure.asked[1].body["properties"]["environmentVariables"]
    assert written == {"LIMIT": "5", "AZUREML_MODEL_DIR": after}


def test_a_missing_deployment_to_copy_is_permanent(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """A retry would not bring the deployment back."""
    azure.answer(error(404, "ResourceNotFound", "not found"))
    with pytest.raises(Permanent, match="churn-6"):
        endpoints.create_deployment(CREATE)
    assert len(azure.asked) == 1


def test_a_traffic_write_changes_nothing_but_traffic(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """Identity, tags, description, access and mirror are sent back unchanged: omitted properties would be deleted."""
    present = endpoint()
    azure.answer(Reply(200, present), Reply(200, present))
    endpoints.set_traffic("churn", {"churn-6": 100})
    written = azure.asked[1]
    assert written.method == "PUT"
    unwritten = {"provisioningState", "scoringUri", "swaggerUri"}
    properties = {key: value for key, value in present["properties"].items() if key not in unwritten}
    assert written.body == {
        "location": "westeurope",
        "kind": "Managed",
        "tags": {"team": "retention"},
        "identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
        "properties": properties | {"traffic": {"churn-6": 100}},
    }


def test_a_deployment_that_gets_live_traffic_loses_its_mirror(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """Azure rejects live and mirrored traffic for the same deployment; mirrors to others stay."""
    azure.answer(Reply(200, endpoint(mirrorTraffic={"Churn-7": 20, "churn-8": 5})), Reply(200, endpoint()))
    endpoints.set_traffic("churn", {"churn-6": 90, "churn-7": 10})
    assert azure.asked[1].body["properties"]["mirrorTraffic"] == {"churn-8": 5}


def test_a_mirror_write_changes_nothing_but_the_mirror(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """Everything else is sent back unchanged, including unknown properties; an empty map ends the mirror."""
    for mirror in ({"churn-7": 5}, {}):
        azure.answer(Reply(200, endpoint()), Reply(200, endpoint()))
        endpoints.set_mirror("churn", mirror)
        unwritten = {"provisioningState", "scoringUri", "swaggerUri"}
        properties = {key: value for key, value in endpoint()["properties"].items() if key not in unwritten}
        assert azure.asked[1].body["properties"] == properties | {"mirrorTraffic": mirror}


def test_scaling_sends_only_the_instance_count(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """It is a PATCH, so that nothing else can be lost."""
    azure.answer(Reply(202, ""))
    endpoints.scale("churn", "churn-7", 3)
    (asked,) = azure.asked
    assert (asked.method, asked.body) == ("PATCH", {"sku": {"name": "Default", "capacity": 3}})


def test_a_template_causes_one_write(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """The endpoint and the workspace are only read, and the deployment is written once, by us."""
    azure.answer(Reply(200, endpoint()))
    endpoints.order(FROM_FILE)
    assert {asked.method for asked in azure.asked[:-1]} == {"GET"}
    written = azure.asked[-1]
    assert (written.method, written.url) == (
        "PUT",
        f"{ROOT}/onlineEndpoints/churn/deployments/churn-7?api-version=2024-10-01",
    )
    assert written.body["properties"]["model"] == f"{WORKSPACE}/models/churn-model/versions/7"


def test_a_template_does_not_wait_for_a_silent_azure(azure: StandIn) -> None:
    """The SDK's own requests have the same timeouts as the app's."""
    azure.answer(Reply(200, endpoint(), delay=2.0))
    with pytest.raises(Temporary, match="timed out"):
        templates(read_timeout=0.1).body("churn.yml", FROM_FILE)


@pytest.mark.parametrize("reply", [error(403, "AuthorizationFailed", "no read"), error(500, "Oops", "sorry"), DROPPED])
def test_failing_to_delete_autoscale_settings_does_not_stop_a_deletion(
    endpoints: ArmEndpoints, azure: StandIn, caplog: pytest.LogCaptureFixture, reply: Reply
) -> None:
    """They are harmless without their deployment, so this is only logged."""
    azure.answer(Reply(202, ""), reply)
    endpoints.order(DeleteDeployment("churn", "churn-6"))
    assert "autoscale settings of churn/churn-6 are left" in caplog.text


def test_traffic_of_a_missing_endpoint_is_a_permanent_error(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """A traffic map must not create an endpoint."""
    azure.answer(error(404, "ResourceNotFound", "not found"))
    with pytest.raises(Permanent, match="churn does not exist"):
        endpoints.set_traffic("churn", {})


def test_autoscale_settings_that_green_has_are_not_overwritten(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """Someone may have changed them since they were copied, for example to more instances."""
    settings = [
        {"name": name, "properties": {"targetResourceUri": f"{WORKSPACE}/onlineEndpoints/churn/deployments/{name}"}}
        for name in ("churn-6", "Churn-7")
    ]
    azure.answer(Reply(200, {"value": settings}))
    endpoints.order(CopyAutoscale("churn", "churn-7", like="churn-6"))
    assert [asked.method for asked in azure.asked] == ["GET"]


@pytest.mark.parametrize("status", [200, 202, 204, 404])
def test_deleting_twice_is_deleting_once(endpoints: ArmEndpoints, azure: StandIn, status: int) -> None:
    """Deleting something that is gone, or being deleted, is not an error."""
    azure.answer(Reply(status, ""), Reply(200, {"value": []}))
    endpoints.delete_deployment("churn", "churn-6")
    assert [asked.method for asked in azure.asked] == ["DELETE", "GET"]  # the GET looks for its autoscale settings


def test_logs_are_requested_by_number_of_lines(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """The last lines are returned, or nothing once the deployment is gone."""
    azure.answer(Reply(200, {"content": "one\ntwo"}))
    assert endpoints.logs("churn", "churn-7", 40) == "one\ntwo"
    assert azure.asked[0].body == {"tail": 40}
    azure.answer(error(404, "ResourceNotFound", "not found"))
    assert endpoints.logs("churn", "churn-7", 40) == ""


CALLS: dict[str, Callable[[ArmEndpoints], object]] = {
    "see": lambda endpoints: endpoints.see("churn"),
    "create": lambda endpoints: endpoints.create_deployment(CREATE),
    "traffic": lambda endpoints: endpoints.set_traffic("churn", {"churn-6": 100}),
    "delete": lambda endpoints: endpoints.delete_deployment("churn", "churn-7"),
    "logs": lambda endpoints: endpoints.logs("churn", "churn-7", 1),
    "create endpoint": lambda endpoints: endpoints.order(CreateEndpoint("churn", EndpointSpec())),
    "from a template": lambda endpoints: endpoints.order(FROM_FILE),
    "scale": lambda endpoints: endpoints.scale("churn", "churn-7", 2),
    "mirror": lambda endpoints: endpoints.set_mirror("churn", {"churn-7": 10}),
    "autoscaled": lambda endpoints: endpoints.autoscaled("churn"),
    "copy autoscale": lambda endpoints: endpoints.order(CopyAutoscale("churn", "churn-7", like="churn-6")),
    "switch autoscale": lambda endpoints: endpoints.order(SwitchAutoscale("churn", "churn-6", enabled=False)),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize(
    "fault",
    [
        (error(400, "BadArgument", "no such instance type"), Permanent, "400 BadArgument no such instance type"),
        (error(401, "InvalidAuthenticationToken", "expired"), Permanent, "401 InvalidAuthenticationToken"),
        (error(403, "AuthorizationFailed", "no write"), Permanent, "403 AuthorizationFailed no write"),
        (error(408, "RequestTimeout", "took too long"), Temporary, "408 RequestTimeout"),
        (error(409, "Conflict", "another operation is running"), Temporary, "409 Conflict another operation"),
        (error(429, "TooManyRequests", "slow down", **{"Retry-After": "3600"}), Temporary, "429 TooManyRequests"),
        (error(500, "InternalServerError", "sorry"), Temporary, "500 InternalServerError"),
        (Reply(503, "<html>upstream</html>"), Temporary, "503"),
        (DROPPED, Temporary, "cannot"),
    ],
)
def test_errors_are_temporary_or_permanent_and_keep_azures_message(
    endpoints: ArmEndpoints,
    azure: StandIn,
    call: Callable[[ArmEndpoints], object],
    fault: tuple[Reply, type[TealError], str],
) -> None:
    """The error is raised immediately, regardless of Retry-After, and does not contain the token."""
    reply, kind, words = fault
    azure.answer(reply)
    with pytest.raises(TealError) as caught:
        call(endpoints)
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert any(asked.headers["authorization"] == f"Bearer {TOKEN}" for asked in azure.asked)


@pytest.mark.parametrize("body", ["<html>", "[]", "null", '"text"', ""])
def test_a_response_that_is_not_an_object_is_temporary(endpoints: ArmEndpoints, azure: StandIn, body: str) -> None:
    """A proxy's page or a truncated response is not mistaken for an endpoint."""
    azure.answer(Reply(200, body))
    with pytest.raises(Temporary):
        endpoints.see("churn")


def test_what_is_wrong_in_detail_is_in_the_message(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """ARM's outer message often says only that something is wrong, which helps no operator."""
    details = [{"code": "Quota", "message": "no cores of F8s_v2 are left"}, {"code": "Probe", "message": "no probe"}]
    outer = {"code": "BadRequest", "message": "validation failed", "details": details}
    azure.answer(Reply(400, {"error": outer}))
    with pytest.raises(Permanent, match="validation failed; no cores of F8s_v2 are left; no probe"):
        endpoints.scale("churn", "churn-7", 3)


def test_one_lost_connection_is_retried(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """Networks drop connections, so the request is sent once more."""
    azure.answer(DROPPED, Reply(200, endpoint()), Reply(200, {"value": []}))
    assert endpoints.see("churn") is not None


def test_a_list_that_continues_on_another_host_is_not_followed(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """Our token must only go to Azure Resource Manager."""
    azure.answer(Reply(200, endpoint()), Reply(200, {"value": [], "nextLink": "https://evil.example/x"}))
    with pytest.raises(Permanent, match="another host"):
        endpoints.see("churn")
    assert all("evil" not in asked.url for asked in azure.asked)


def test_a_list_without_an_end_is_not_taken_for_complete(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """A link that leads back to its own page would otherwise hide deployments, or keep the function busy for ever."""
    again = f"{ROOT}/onlineEndpoints/churn/deployments?api-version=2024-10-01&$skip=1"
    azure.answer(Reply(200, endpoint()), Reply(200, {"value": [deployment()], "nextLink": again}))
    with pytest.raises(Permanent, match="more than 50 pages"):
        endpoints.see("churn")


def test_an_empty_page_does_not_end_a_list(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """ARM filters a page after it was cut, so nothing may be left of one that others follow."""
    more = f"{ROOT}/onlineEndpoints/churn/deployments?api-version=2024-10-01&$skip=1"
    azure.answer(
        Reply(200, endpoint()),
        Reply(200, {"value": [], "nextLink": more}),
        Reply(200, {"value": [deployment("churn-6")]}),
    )
    seen = endpoints.see("churn")
    assert seen is not None
    assert list(seen.deployments) == ["churn-6"]


@pytest.mark.parametrize("name", ["..", ".", ""])
def test_a_name_that_leads_elsewhere_is_not_requested(endpoints: ArmEndpoints, azure: StandIn, name: str) -> None:
    """`..`, for example, would delete the endpoint instead of a deployment."""
    with pytest.raises(Permanent, match="not a valid name"):
        endpoints.delete_deployment("churn", name)
    assert azure.asked == []


def test_a_name_with_a_slash_stays_one_name(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """A caller's input cannot become another path or query."""
    azure.answer(error(404, "ResourceNotFound", "not found"))
    assert endpoints.see("a/../b?x#y") is None
    assert azure.asked[0].url == f"{ROOT}/onlineEndpoints/a%2F..%2Fb%3Fx%23y?api-version=2024-10-01"


def test_starting_an_operation_leaves_no_thread_behind(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """Nothing polls in the background: the outcome of an operation is observed on a later tick."""
    before = set(threading.enumerate())
    azure.answer(
        Reply(200, deployment()),
        Reply(201, deployment("churn-7"), {"Azure-AsyncOperation": f"{ROOT}/x", "Retry-After": "1"}),
    )
    endpoints.create_deployment(CREATE)
    azure.answer(Reply(200, endpoint()), Reply(200, endpoint(), {"Azure-AsyncOperation": f"{ROOT}/x"}))
    endpoints.set_traffic("churn", {"churn-6": 100})
    azure.answer(Reply(202, "", {"Location": f"{ROOT}/x"}), Reply(200, {"value": []}))
    endpoints.delete_deployment("churn", "churn-7")
    assert set(threading.enumerate()) == before
    assert len(azure.asked) == 2


@pytest.mark.parametrize(
    ("system", "created"),
    [
        ({"createdAt": "2026-11-19T08:30:15.1234567Z"}, datetime(2026, 11, 19, 8, 30, 15, 123456, UTC)),
        ({"createdAt": "2026-11-19T08:30:15+01:00"}, datetime(2026, 11, 19, 7, 30, 15, tzinfo=UTC)),
        ({"createdAt": "2026-11-19T08:30:15"}, datetime(2026, 11, 19, 8, 30, 15, tzinfo=UTC)),
        ({"createdAt": "yesterday"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_models_creation_time_is_azure_s(
    manager: ResourceManager, azure: StandIn, system: dict[str, str] | None, created: datetime | None
) -> None:
    """Seven fractional digits, another time zone or none are read; anything else means unknown."""
    azure.answer(Reply(200, {"properties": {}, "systemData": system}))
    assert ArmModels(manager).created(ModelVersion("churn-model", "7")) == created


def test_a_models_tags_are_read_as_they_are_now(manager: ResourceManager, azure: StandIn) -> None:
    """This covers tags, no tags, null tags, and a version that is not registered."""
    models, version = ArmModels(manager), ModelVersion("churn-model", "7")
    for tags, read in (
        ({"stage": "production", "empty": None}, {"stage": "production", "empty": ""}),
        ({}, {}),
        (None, {}),
    ):
        azure.answer(Reply(200, {"properties": {"tags": tags}}))
        assert models.tags(version) == read
    assert azure.asked[0].url == f"{ROOT}/models/churn-model/versions/7?api-version=2024-10-01"
    azure.answer(error(404, "UserError", "not found"))
    assert models.tags(version) is None


@pytest.mark.parametrize(
    ("body", "archived"),
    [({"properties": {"isArchived": True}}, True), ({"properties": {"isArchived": False}}, False), ({}, False)],
)
def test_a_version_that_somebody_has_archived_is_known(
    manager: ResourceManager, azure: StandIn, body: dict[str, Any], *, archived: bool
) -> None:
    """Azure would still deploy it, so Teal has to ask. A version that is gone is not archived."""
    models, version = ArmModels(manager), ModelVersion("churn-model", "7")
    azure.answer(Reply(200, body))
    assert models.archived(version) is archived
    assert azure.asked[0].url == f"{ROOT}/models/churn-model/versions/7?api-version=2024-10-01"
    azure.answer(error(404, "UserError", "not found"))
    assert models.archived(version) is False


def registered(version: str, day: int | None, **properties: object) -> dict[str, object]:
    """Return a model version that was created on this day of March (None: Azure does not say)."""
    created = {} if day is None else {"createdAt": f"2026-03-{day:02}T06:00:00Z"}
    return {"name": version, "systemData": created, "properties": {"tags": {"stage": "dev"}, **properties}}


def test_the_newer_versions_of_a_model_are_listed(manager: ResourceManager, azure: StandIn) -> None:
    """Newest first, without archived and undated ones, and only as many pages as needed."""
    following = f"{ROOT}/models/churn-model/versions?api-version=2024-10-01&$skip=x"
    azure.answer(
        Reply(200, {"value": [registered("9", 9), registered("8", 8, isArchived=True)], "nextLink": following}),
        Reply(200, {"value": [registered("7", None), registered("6", 6), registered("5", 4)], "nextLink": following}),
    )
    found = ArmModels(manager).versions("churn-model", datetime(2026, 3, 5, tzinfo=UTC))
    assert [(each.model.version, each.created.day, each.tags) for each in found] == [
        ("9", 9, {"stage": "dev"}),
        ("6", 6, {"stage": "dev"}),
    ]
    first, second = (asked.url for asked in azure.asked)
    query = "api-version=2024-10-01&listViewType=ActiveOnly&%24orderBy=createdtime%20desc"
    assert (first, second) == (f"{ROOT}/models/churn-model/versions?{query}", following)


def test_a_model_that_is_not_registered_has_no_versions(manager: ResourceManager, azure: StandIn) -> None:
    """The list does not exist."""
    azure.answer(error(404, "UserError", "not found"))
    assert ArmModels(manager).versions("churn-model", datetime(2026, 3, 5, tzinfo=UTC)) == ()


def test_green_can_come_from_a_registry(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """Green refers to the registry that the policy names, whatever blue refers to."""
    azure.answer(Reply(200, deployment()), Reply(201, deployment()))
    endpoints.create_deployment(replace(CREATE, registry="shared"))
    written = azure.asked[1].body["properties"]["model"]
    assert written == f"azureml://registries/shared/models/{CREATE.model.name}/versions/{CREATE.model.version}"


def test_an_image_that_contains_the_model_cannot_be_copied(endpoints: ArmEndpoints, azure: StandIn) -> None:
    """The copy would serve blue's version under the new one's name."""
    azure.answer(Reply(200, deployment(model=None, codeConfiguration=None)))
    with pytest.raises(Permanent, match="its image contains the model"):
        endpoints.create_deployment(CREATE)
    assert len(azure.asked) == 1
