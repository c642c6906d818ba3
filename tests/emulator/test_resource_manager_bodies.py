"""Deployment bodies: everything that Azure's published type allows is stored and returned as given."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from emulator.resource_manager import bodies
from emulator.resources import Json
from tests.emulator.deployment_bodies import DEPLOYMENT, KUBERNETES, MANAGED, USER, fitting, missing, shown_after_put


@settings(max_examples=100, deadline=None)
@given(fitting(DEPLOYMENT, MANAGED) | fitting(DEPLOYMENT, KUBERNETES))
def test_any_valid_body_comes_back(body: Json) -> None:
    """PUT and then GET shows every given property unchanged, except those that only the service sets."""
    assert missing(body, shown_after_put(body)) == []


def test_bodies_have_all_properties() -> None:
    """The bodies above can have every property of the published type (2024-10-01)."""
    properties = bodies.definitions()["onlineDeployment"]["properties"]["properties"]["properties"]
    published = {
        *("appInsightsEnabled", "codeConfiguration", "containerResourceRequirements", "dataCollector", "description"),
        *("egressPublicNetworkAccess", "endpointComputeType", "environmentId", "environmentVariables", "instanceType"),
        *("livenessProbe", "model", "modelMountPath", "properties", "provisioningState", "readinessProbe"),
        *("requestSettings", "scaleSettings", "startupProbe"),
    }
    assert published <= set(properties)


@pytest.mark.parametrize("kind", ["SystemAssigned", "UserAssigned", "SystemAssigned,UserAssigned"])
def test_identities_are_filled_in(kind: str) -> None:
    """An identity is shown with the ids that Entra assigns, which are stable; it can be put back like that."""
    identity: Json = {"type": kind} | ({"userAssignedIdentities": {USER: {}}} if "User" in kind else {})
    body = {"location": "x", "identity": identity, "properties": minimal_properties()}
    shown = shown_after_put(body)["identity"]
    assert ("principalId" in shown) == ("System" in kind)
    for ids in shown.get("userAssignedIdentities", {}).values():
        assert set(ids) == {"principalId", "clientId"}
    assert shown_after_put(body | {"identity": shown})["identity"] == shown


def minimal_properties() -> Json:
    """Return the minimal properties of a deployment."""
    return {
        "endpointComputeType": "Managed",
        "instanceType": "Standard_DS3_v2",
        "codeConfiguration": {"scoringScript": "score.py"},
        "environmentId": "azureml://registries/azureml/environments/sklearn/versions/1",
    }
