"""Where a new deployment's model comes from: the workspace, a registry, or the image; and which version it serves."""

from __future__ import annotations

from typing import Any

import pytest

from shared.adapters.resource_bodies import deployment_like, deployment_seen, packaged
from shared.core.rollout import ModelVersion

VERSION = ModelVersion("churn", "2026.11")
IN_WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/W/workspaces/w/models/churn/versions/2026.11"
IN_REGISTRY = "azureml://registries/shared/models/churn/versions/2026.11"


def body(**properties: Any) -> dict[str, Any]:  # noqa: ANN401 -- of a deployment
    """Return a deployment's body as Azure shows it."""
    return {
        "id": "/x",
        "name": "Green",
        "tags": {"team": "a", "teal-model": "churn:7"},
        "properties": {"provisioningState": "Succeeded", "environmentId": "e/7", **properties},
    }


def test_an_image_with_the_model_gets_none() -> None:
    """The new deployment has no model, but a tag that names the version; the rest is as in the template."""
    made = packaged(body(model=None, instanceType="A"), VERSION)
    assert made == {
        "tags": {"team": "a", "teal-model": "churn:2026.11", "managed-by": "teal"},
        "properties": {"environmentId": "e/7", "instanceType": "A"},
    }


def test_a_deployment_with_a_model_has_no_tag() -> None:
    """A packaged deployment's tag is not copied to one that has its own model, which Azure shows."""
    made = deployment_like(body(), IN_WORKSPACE)
    assert made["properties"]["model"] == IN_WORKSPACE
    assert made["tags"] == {"team": "a", "managed-by": "teal"}


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        pytest.param(body(model=IN_WORKSPACE), True, id="a model of the workspace"),
        pytest.param(body(model=IN_REGISTRY), True, id="a model of a registry"),
        pytest.param(packaged(body(), VERSION), True, id="a packaged model"),
        pytest.param(body(model=IN_REGISTRY.replace("2026.11", "2026.1")), False, id="another version of a registry"),
        pytest.param(packaged(body(), ModelVersion("churn", "2026.12")), False, id="another packaged version"),
        pytest.param(
            {"name": "by-hand", "properties": {"environmentId": "packaged-churn/2026.11"}}, False, id="untagged"
        ),
    ],
)
def test_which_version_a_deployment_serves(shown: dict[str, Any], *, same: bool) -> None:
    """Azure shows it as the deployment's model; for a packaged model a tag has it, set by Teal or someone else."""
    assert VERSION.named_by(deployment_seen(shown).model) is same
