"""The calls in docs/permissions.md and the operations next to them match by Resource Manager's own rule, row by row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.adapters.calls import operation_of
from tests.infra.test_permissions import actions, published, table_of

# Operations that no call needs, and why they are needed nevertheless.
IMPLIED = {
    "workspaces/models/read": "Azure checks that the writer of a deployment may read what it uses",
    "workspaces/environments/read": "the same",
    "workspaces/environments/versions/read": "the same",
    "workspaces/codes/read": "the same",
    "workspaces/data/read": "the same",
    "workspaces/codes/write": "the first version of a name creates the asset that holds the versions",
    "workspaces/environments/write": "the same",
    "workspaces/data/write": "the same",
    "workspaces/onlineEndpoints/score/action": "of the endpoint itself, not of Resource Manager",
}
# Calls without an operation in the table, and why they work nevertheless.
WITHOUT = {
    "POST workspaces/{}/codes/{}/versions/{}/startPendingUpload": "Azure publishes no operation for it",
    "POST workspaces/{}/datastores/{}/listSecrets": "not granted: azure-ai-ml then uploads with Teal's identity",
}
RESOURCE_MANAGER = re.compile(r"`([A-Z]+ (?:workspaces|locations|Microsoft\.\w+)[^`]*)`")


def row_of(root: Path, call: str) -> list[str]:
    """Return the row that explains a call."""
    return next(row for row in table_of(root, "actions") if f"`{call}`" in row[0])


def calls(root: Path) -> list[str]:
    """Return the calls of Resource Manager in the table of custom roles."""
    return [call for row in table_of(root, "actions") for call in RESOURCE_MANAGER.findall(row[0])]


def test_the_operation_of_each_call_is_in_its_row(root: Path) -> None:
    """It follows from method and place, so a row cannot grant anything but what its call needs."""
    for call in calls(root):
        granted = re.findall(r"`([\w./]+)`", row_of(root, call)[1].lower())
        assert (operation_of(call).lower() in granted) != (call in WITHOUT), call


def test_every_operation_is_that_of_a_call(root: Path) -> None:
    """A role contains nothing that no call needs, except the listed exceptions."""
    needed = {operation_of(call).lower() for call in calls(root)} | {each.lower() for each in IMPLIED}
    held = {each.removeprefix("Microsoft.MachineLearningServices/").lower() for each in actions("workspace-everything")}
    assert held - needed == set()


@pytest.mark.parametrize("call", WITHOUT)
def test_exceptions_are_still_exceptions(root: Path, call: str) -> None:
    """Each is called, and no role has it. Azure publishes only the second."""
    operation = operation_of(call)
    assert call in calls(root)
    assert not [each for each in actions("workspace-everything") if each.lower().endswith(operation.lower())]
    assert (f"microsoft.machinelearningservices/{operation.lower()}" in published()) == ("listSecrets" in call)


def test_an_operation_follows_from_the_call() -> None:
    """It has Azure's own name."""
    assert operation_of("GET workspaces/{}") == "workspaces/read"
    assert operation_of("PATCH workspaces/{}/onlineEndpoints/{}") == "workspaces/onlineEndpoints/write"
    assert (
        operation_of("DELETE Microsoft.Insights/autoscalesettings/{}") == "Microsoft.Insights/autoscalesettings/delete"
    )
    assert operation_of("POST workspaces/{}/onlineEndpoints/{}/token") == "workspaces/onlineEndpoints/token/action"
