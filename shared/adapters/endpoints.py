"""Azure ML's online endpoints over ARM: seen as they are, changed by starting operations that are seen to end later.

Endpoints have no ETag: the last writer wins. So a write is read, changed in one place and sent at once, and traffic is
read again on the next tick.
"""

from __future__ import annotations

from shared.adapters.arm import Json, ResourceManager, path
from shared.adapters.resource_bodies import deployment_like, endpoint_seen, endpoint_with_traffic
from shared.core.actions import CreateDeployment
from shared.core.observation import EndpointSeen
from shared.core.rollout import ModelVersion
from shared.errors import Permanent


class ArmEndpoints:
    """The port Endpoints."""

    def __init__(self, manager: ResourceManager) -> None:
        self._manager = manager

    def see(self, endpoint: str) -> EndpointSeen | None:
        """Return the endpoint with its deployments as Azure shows it now, or None if there is none."""
        body = self._manager.get(_endpoint(endpoint))
        deployments = None if body is None else self._manager.items(f"{_endpoint(endpoint)}/deployments")
        return None if body is None or deployments is None else endpoint_seen(body, deployments)

    def create_deployment(self, action: CreateDeployment) -> None:
        """Start the creation of a deployment; like `action.like` in everything but its name and model."""
        like = self._existing(_deployment(action.endpoint, action.like))
        self._manager.put(_deployment(action.endpoint, action.name), deployment_like(like, self._model(action.model)))

    def set_traffic(self, endpoint: str, traffic: dict[str, int]) -> None:
        """Start the write of the live traffic map, and of nothing else of the endpoint."""
        present = self._existing(_endpoint(endpoint))
        self._manager.put(_endpoint(endpoint), endpoint_with_traffic(present, traffic))

    def delete_deployment(self, endpoint: str, name: str) -> None:
        """Start the deletion of a deployment; one that is gone already is no error."""
        self._manager.delete(_deployment(endpoint, name))

    def logs(self, endpoint: str, name: str, lines: int) -> str:
        """Return the last lines of a deployment's container log; nothing if the deployment is gone."""
        answer = self._manager.post(f"{_deployment(endpoint, name)}/getLogs", {"tail": lines})
        return "" if answer is None else str(answer.get("content") or "")

    def _existing(self, place: str) -> Json:
        body = self._manager.get(place)
        if body is None:
            raise Permanent(f"{place} does not exist, so it can be neither changed nor copied")
        return body

    def _model(self, model: ModelVersion) -> str:
        return f"{self._manager.workspace_id}/{path('models', model.name, 'versions', model.version)}"


def _endpoint(name: str) -> str:
    return path("onlineEndpoints", name)


def _deployment(endpoint: str, name: str) -> str:
    return path("onlineEndpoints", endpoint, "deployments", name)
