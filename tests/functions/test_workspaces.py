"""The API identifies an endpoint by workspace and name; without a workspace it means the app's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.core.endpoint_id import EndpointId
from shared.wiring import use
from shared.workspaces import Workspaces
from tests.fakes import FakePolicies
from tests.functions.conftest import Calls, Found, app_over, error
from tests.functions.test_lists import pages
from tests.scenarios.world import CHURN, ENDPOINT, POLICY, World

EAST = EndpointId("ml-east", ENDPOINT)
START = {"endpoint": ENDPOINT, "model": "churn", "version": "7", "by": "ada@example.com", "reason": "because"}


@pytest.fixture
def calls(found: Found) -> Iterator[Calls]:
    """Return the functions over the workspaces w and ml-east, with one endpoint of the same name in each."""
    calls = Calls(found)
    world = calls.world
    east = World(replace(POLICY, workspace=EAST.workspace), clock=world.clock, store=world.store)
    served = Workspaces(world.workspaces.own, (replace(east.workspaces.own, arm_id="/other"),))
    policies = FakePolicies((world.policy, east.policy))
    for each in (world, east):
        each.register()
    app = app_over(world)
    intake = replace(app.intake, workspaces=served, policies=policies)
    controller = replace(app.controller, workspaces=served)
    with use(replace(app, workspaces=served, policies=policies, intake=intake, controller=controller)):
        yield calls


@pytest.mark.parametrize(
    ("query", "workspace"), [({}, "w"), ({"workspace": "w"}, "w"), ({"workspace": "ML-East"}, "ml-east")]
)
def test_an_endpoint_is_shown_by_workspace_and_name(calls: Calls, query: dict[str, str], workspace: str) -> None:
    """Each shows its own rollout."""
    status, content = calls.send("show", {"endpoint": ENDPOINT, **query})
    (rollout,) = calls.world.store.rollouts(EndpointId(workspace, ENDPOINT))
    current = content["current"]
    assert isinstance(current, dict)
    assert (status, content["workspace"], current["workspace"], current["id"]) == (
        200,
        workspace,
        workspace,
        rollout.id,
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [({}, ["ml-east", "w"]), ({"workspace": "ml-east"}, ["ml-east"]), ({"workspace": "W", "open": "true"}, ["w"])],
)
def test_lists_go_across_workspaces_unless_one_is_named(
    calls: Calls, query: dict[str, str], expected: list[str]
) -> None:
    """In lists the workspace is a filter, on pages of any size."""
    found = [rollout for page in pages(calls, limit="1", **query) for rollout in page]
    ids = {calls.world.store.rollouts(EndpointId(workspace, ENDPOINT))[0].id for workspace in expected}
    assert set(found) == ids
    assert len(found) == len(expected)


def test_a_request_reaches_the_endpoint_of_its_workspace(calls: Calls) -> None:
    """The other endpoint with the same name is not affected."""
    body = {"by": "ada@example.com", "reason": "because"}
    assert calls.http("rollback", body, endpoint=ENDPOINT, workspace="ml-east")[0] == 202
    asked = {place: calls.world.store.rollouts(place)[0].requests != () for place in (CHURN, EAST)}
    assert asked == {CHURN: False, EAST: True}


def test_a_rollout_is_started_in_the_workspace_that_is_named(calls: Calls) -> None:
    """Its policy and its models are those of that workspace."""
    status, content = calls.http("start", START, workspace="ml-east")
    assert (status, error(content)["message"]) == (
        409,
        "churn:7 already has a rollout on ml-east/churn: it is provisioning",
    )


@pytest.mark.parametrize("name", ["list", "show", "rollback"])
def test_a_workspace_that_is_not_served_is_not_found(calls: Calls, name: str) -> None:
    """The message names those that are served."""
    body = {"by": "ada@example.com", "reason": "because"} if name == "rollback" else None
    parts = {} if name == "list" else {"endpoint": ENDPOINT}
    status, content = calls.send(name, {"workspace": "ml-west", **parts}, body)
    assert status == 404
    assert error(content)["message"] == "this app serves no workspace 'ml-west'; it serves w, ml-east"
