"""Online deployments: ARM resources whose processes the fleet runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from emulator.arm_errors import ArmError, bad_request, not_found
from emulator.clock import VirtualClock
from emulator.containers import Fleet
from emulator.resource_manager import bodies, compute_rules, documents, endpoints, images, listing, rules
from emulator.resource_manager.asset_files import AssetFiles, asset, data_folder, reference
from emulator.resource_manager.calls import Call, Reply
from emulator.resource_manager.operations import Operations, Work, state_after
from emulator.resource_manager.settings import Durations, Limits
from emulator.resources import PROVIDER, Deployment, Endpoint, Json, Workspace

_OUTSIDE_CONTAINER = ("description", "properties", "requestSettings", "scaleSettings", "egressPublicNetworkAccess")
DEFAULT_TAIL = 5000  # lines; the SDK's own default


@dataclass(frozen=True, slots=True)
class Deployments:
    """The handlers of deployments."""

    clock: VirtualClock
    operations: Operations
    durations: Durations
    limits: Limits
    fleet: Fleet
    files: AssetFiles

    async def list_all(self, call: Call) -> Reply:
        """GET deployments of one endpoint."""
        endpoint = endpoints.existing(call.workspace, call.path["endpoint"])
        found = [documents.deployment(call.workspace, each) for each in endpoint.deployments.values()]
        return listing.listed(call, f"onlineEndpoints/{endpoint.name}/deployments", found, listing.DEPLOYMENTS)

    async def show(self, call: Call) -> Reply:
        """GET deployments/{deployment}."""
        return Reply(body=documents.deployment(call.workspace, _existing(call)[1]))

    async def put(self, call: Call) -> Reply:
        """PUT deployments/{deployment}: create it, or change it in place: new processes replace the old when ready."""
        endpoint = endpoints.existing(call.workspace, call.path["endpoint"])
        name = call.path["deployment"].lower()
        rules.name(name, "deployment")
        if endpoint.provisioning_state in ("Creating", "Deleting"):
            raise ArmError(409, "Conflict", f"The endpoint '{endpoint.name}' is {endpoint.provisioning_state}.")
        self.operations.require_idle(_entity(endpoint.name, name))
        present = endpoint.deployments.get(name)
        body = self._checked(call, endpoint, name)
        return self._create(call, endpoint, name, body) if present is None else self._change(call, present, body, 200)

    async def patch(self, call: Call) -> Reply:
        """PATCH deployments/{deployment}: tags and sku (that is, scaling) only."""
        _, present = _existing(call)
        bodies.check_patch(call.body, "a deployment", "tags", "sku")
        sku = present.body.get("sku", {}) | (call.body.get("sku") or {})
        tags = call.body.get("tags", present.body.get("tags", {}))
        body = bodies.checked("onlineDeployment", present.body | {"tags": tags, "sku": sku})
        rules.deployment_body(body, self.limits)
        rules.quota(body, self._others(call.workspace, present.endpoint, present.name), self.limits)
        return self._change(call, present, body, 202)

    async def delete(self, call: Call) -> Reply:
        """DELETE deployments/{deployment}; refused while it has traffic."""
        endpoint = endpoints.existing(call.workspace, call.path["endpoint"])
        present = endpoint.deployments.get(call.path["deployment"].lower())
        if present is None:
            return Reply(204)
        # While the endpoint is being updated, its new traffic may include this deployment.
        self.operations.require_idle(endpoints.entity(endpoint.name))
        rules.deletable(endpoint, present.name)

        async def act() -> None:
            await self.fleet.stop(endpoint.name, present.name)

        def settle(error: ArmError | None) -> None:
            if error:
                present.provisioning_state = state_after(error)
            else:
                del endpoint.deployments[present.name]
                _remove_from_traffic(endpoint, present.name)

        entity = _entity(endpoint.name, present.name)
        work = Work(entity, self.durations.deployment_delete, act, settle, deletes=True)
        headers = self.operations.start(work)
        present.provisioning_state = "Deleting"
        return Reply(202, headers=headers)

    async def logs(self, call: Call) -> Reply:
        """POST deployments/{deployment}/getLogs: the last lines of the container's output."""
        endpoint, present = _existing(call)
        container = call.body.get("containerType") or "InferenceServer"
        if container != "InferenceServer":  # there is no storage initializer here: the files are there already
            return Reply(body={"content": ""})
        tail = call.body.get("tail") or DEFAULT_TAIL
        return Reply(body={"content": self.fleet.logs(endpoint.name, present.name, tail)})

    async def skus(self, call: Call) -> Reply:
        """GET deployments/{deployment}/skus."""
        _existing(call)
        capacity = {
            "minimum": 1,
            "maximum": self.limits.instances_per_deployment,
            "default": 1,
            "scaleType": "Automatic",
        }
        kind = f"{PROVIDER}/workspaces/onlineEndpoints/deployments"
        sku = {"name": "Default", "tier": "Standard"}
        return Reply(body={"value": [{"resourceType": kind, "sku": sku, "capacity": capacity}]})

    def _checked(self, call: Call, endpoint: Endpoint, name: str) -> Json:
        body = bodies.checked("onlineDeployment", call.body)
        if not compute_rules.is_kubernetes(endpoint):
            body["properties"].setdefault("instanceType", compute_rules.DEFAULT_INSTANCE_TYPE)
        compute_rules.deployment_kind(endpoint, body["properties"])
        rules.deployment_body(body, self.limits)
        rules.quota(body, self._others(call.workspace, endpoint.name, name), self.limits)
        properties = body["properties"]
        code = properties.get("codeConfiguration", {}).get("codeId")
        if code:
            asset(call.workspace, reference(code, "codes"))
        for collection in (properties.get("dataCollector") or {}).get("collections", {}).values():
            if collection.get("dataId"):
                data_folder(call.workspace, collection["dataId"])
        images.require_emulated(call.workspace, properties)
        properties.pop("provisioningState", None)
        return bodies.writable(body)

    def _create(self, call: Call, endpoint: Endpoint, name: str, body: Json) -> Reply:
        if len(endpoint.deployments) >= self.limits.deployments_per_endpoint:
            raise bad_request(f"An endpoint can have at most {self.limits.deployments_per_endpoint} deployments.")
        created = Deployment(endpoint.name, name, documents.with_system_data(body, self.clock.now()))
        endpoint.deployments[name] = created

        async def act() -> None:
            await self.fleet.start(created, await self.files.fetch(call.workspace, created))

        headers = self._start(created, self.durations.deployment_create, act)
        return Reply(201, documents.deployment(call.workspace, created), headers)

    def _change(self, call: Call, present: Deployment, body: Json, status: int) -> Reply:
        scaled = _capacity(body) != _capacity(present.body)
        same = present.provisioning_state == "Succeeded" and _container(body) == _container(present.body)
        new = documents.with_system_data(body, self.clock.now(), present.body)

        async def act() -> None:
            if not same:
                await self.fleet.start(present, await self.files.fetch(call.workspace, present))
            elif scaled:
                await self.fleet.scale(present)

        seconds = self.durations.deployment_scale if same else self.durations.deployment_update
        headers = self._start(present, seconds, act)
        present.body = new
        present.provisioning_state = "Scaling" if same and scaled else "Updating"
        return Reply(status, documents.deployment(call.workspace, present), headers)

    def _start(self, present: Deployment, seconds: float, act: Callable[[], Awaitable[None]]) -> dict[str, str]:
        def settle(error: ArmError | None) -> None:
            present.provisioning_state = state_after(error)

        return self.operations.start(Work(_entity(present.endpoint, present.name), seconds, act, settle))

    @staticmethod
    def _others(workspace: Workspace, endpoint: str, name: str) -> list[Deployment]:
        return [
            each
            for present in workspace.endpoints.values()
            for each in present.deployments.values()
            if (each.endpoint, each.name) != (endpoint, name)
        ]


def _existing(call: Call) -> tuple[Endpoint, Deployment]:
    endpoint = endpoints.existing(call.workspace, call.path["endpoint"])
    found = endpoint.deployments.get(call.path["deployment"].lower())
    if found is None:
        raise not_found("onlineEndpoints/deployments", call.path["deployment"])
    return endpoint, found


def _entity(endpoint: str, deployment: str) -> str:
    return f"{endpoints.entity(endpoint)}/deployments/{deployment}"


def _remove_from_traffic(endpoint: Endpoint, deployment: str) -> None:
    """Remove a deleted deployment from the endpoint's traffic, where its weight can only be 0."""
    properties = endpoint.body["properties"]
    kept = {
        key: {name: weight for name, weight in properties[key].items() if name != deployment}
        for key in ("traffic", "mirrorTraffic")
        if key in properties
    }
    endpoint.body = {**endpoint.body, "properties": properties | kept}


def _capacity(body: Json) -> int:
    capacity: int = body.get("sku", {}).get("capacity", 1)
    return capacity


def _container(body: Json) -> Json:
    """Return the properties whose change requires new processes."""
    properties = documents.deployment_properties(body["properties"])
    return {key: value for key, value in properties.items() if key not in _OUTSIDE_CONTAINER}
