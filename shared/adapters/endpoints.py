"""Azure ML's online endpoints over ARM: observed as they are, changed by operations whose outcome is observed later.

Endpoints have no ETag, so the last writer wins. Each write therefore reads the body, changes one part and sends it
immediately, and traffic is read again on the next tick.
"""

from __future__ import annotations

import logging

from shared.adapters.arm import Json, ResourceManager, path
from shared.adapters.autoscale import AutoscaleSettings
from shared.adapters.quota import RegionalQuota
from shared.adapters.resource_bodies import (
    deployment_like,
    endpoint_seen,
    endpoint_with_mirror,
    endpoint_with_traffic,
    has_packaged_model,
    model_of,
    new_endpoint,
    packaged,
    resized,
)
from shared.adapters.templates import REGISTRIES, DeploymentTemplates
from shared.core.observation import EndpointSeen, Quota
from shared.core.policy import TemplateSource
from shared.core.reconcile.actions import (
    Action,
    CopyAutoscale,
    CreateDeployment,
    CreateEndpoint,
    DeleteDeployment,
    ScaleDeployment,
    SetMirror,
    SetTraffic,
    SwitchAutoscale,
)
from shared.errors import Permanent, TealError

log = logging.getLogger("teal.endpoints")


class ArmEndpoints:
    """The port Endpoints. templates: renders deployment templates."""

    def __init__(self, manager: ResourceManager, templates: DeploymentTemplates) -> None:
        self._manager = manager
        self._templates = templates
        self._autoscale = AutoscaleSettings(manager)
        self._quota = RegionalQuota(manager, self.region)

    def see(self, endpoint: str) -> EndpointSeen | None:
        """Return the endpoint with its deployments as Azure shows it now, or None if it does not exist."""
        body = self._manager.get(_endpoint(endpoint))
        deployments = None if body is None else self._manager.items(f"{_endpoint(endpoint)}/deployments")
        return None if body is None or deployments is None else endpoint_seen(body, deployments)

    def autoscaled(self, endpoint: str) -> dict[str, bool]:
        """Return the lower-case names of the deployments with autoscale settings, and whether these are enabled."""
        return self._autoscale.scaled(endpoint)

    def order(self, action: Action) -> None:
        """Start an action, without waiting for its outcome."""
        match action:
            case CreateEndpoint():
                self.create_endpoint(action)
            case CreateDeployment():
                self.create_deployment(action)
            case ScaleDeployment():
                self.scale(action.endpoint, action.name, action.instances)
            case CopyAutoscale():
                self._autoscale.copy(action.endpoint, action.name, action.like)
            case SwitchAutoscale():
                self._autoscale.switch(action.endpoint, action.name, enabled=action.enabled)
            case SetTraffic():
                self.set_traffic(action.endpoint, action.traffic)
            case SetMirror():
                self.set_mirror(action.endpoint, action.mirror)
            case DeleteDeployment():
                self.delete_deployment(action.endpoint, action.name)

    def quota(self, instance_type: str) -> Quota:
        """Return what the quota of an instance type has left. Raises Permanent if that is not known."""
        return self._quota.of(instance_type)

    def region(self) -> str:
        """Return the workspace's region, such as `westeurope`. Raises Permanent if there is no such workspace."""
        return str(self._existing("").get("location") or "")

    def create_endpoint(self, action: CreateEndpoint) -> None:
        """Start creating the endpoint in the workspace's region.

        An existing endpoint is left unchanged: overwriting it would drop its traffic.
        """
        if self._manager.get(_endpoint(action.endpoint)) is not None:
            return
        self._manager.put(_endpoint(action.endpoint), new_endpoint(self.region(), action.spec))

    def create_deployment(self, action: CreateDeployment) -> None:
        """Start creating a deployment, from another one or from a template."""
        source = action.source
        body = self._templated(action, source.path) if isinstance(source, TemplateSource) else self._copied(action)
        self._manager.put(
            _deployment(action.endpoint, action.name), resized(body, source.instance_type, action.instances)
        )

    def _copied(self, action: CreateDeployment) -> Json:
        """Return the body of a copy of a deployment with another model. Raises Permanent if its image contains one."""
        body = self._existing(_deployment(action.endpoint, action.like))
        if has_packaged_model(body):
            raise Permanent(
                f"{action.like} has neither a model nor code, so its image contains the model; a copy would serve the "
                "same version: use a template in the policy"
            )
        return deployment_like(body, self._model(action))

    def _templated(self, action: CreateDeployment, template: str) -> Json:
        """Return the body of a deployment from a template, with the model where the policy or the template has it."""
        body = self._templates.body(template, action)
        written = model_of(body)
        if not written:
            return packaged(body, action.model)
        from_registry = written.startswith(REGISTRIES) and not action.registry
        return deployment_like(body, written if from_registry else self._model(action))

    def scale(self, endpoint: str, name: str, instances: int) -> None:
        """Start changing a deployment's instance count, and nothing else."""
        self._manager.patch(_deployment(endpoint, name), {"sku": {"name": "Default", "capacity": instances}})

    def set_traffic(self, endpoint: str, traffic: dict[str, int]) -> None:
        """Start writing the live traffic map, and nothing else of the endpoint."""
        present = self._existing(_endpoint(endpoint))
        self._manager.put(_endpoint(endpoint), endpoint_with_traffic(present, traffic))

    def set_mirror(self, endpoint: str, mirror: dict[str, int]) -> None:
        """Start writing the mirror map, and nothing else of the endpoint."""
        present = self._existing(_endpoint(endpoint))
        self._manager.put(_endpoint(endpoint), endpoint_with_mirror(present, mirror))

    def delete_deployment(self, endpoint: str, name: str) -> None:
        """Start deleting a deployment; deleting a missing one is not an error.

        Its autoscale settings are deleted afterwards. Failing to do so is harmless and only logged.
        """
        self._manager.delete(_deployment(endpoint, name))
        try:
            self._autoscale.delete(endpoint, name)
        except TealError as error:
            log.warning("the autoscale settings of %s/%s are left: %s", endpoint, name, error)

    def logs(self, endpoint: str, name: str, lines: int) -> str:
        """Return the last lines of a deployment's container log; empty if the deployment is gone."""
        answer = self._manager.post(f"{_deployment(endpoint, name)}/getLogs", {"tail": lines})
        return "" if answer is None else str(answer.get("content") or "")

    def _existing(self, place: str) -> Json:
        body = self._manager.get(place)
        if body is None:
            raise Permanent(f"{place} does not exist, so it can be neither changed nor copied")
        return body

    def _model(self, action: CreateDeployment) -> str:
        place = f"{REGISTRIES}{action.registry}" if action.registry else self._manager.workspace_id
        return f"{place}/{path('models', action.model.name, 'versions', action.model.version)}"


def _endpoint(name: str) -> str:
    return path("onlineEndpoints", name)


def _deployment(endpoint: str, name: str) -> str:
    return path("onlineEndpoints", endpoint, "deployments", name)
