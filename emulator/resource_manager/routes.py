"""Which handler a request goes to. ARM compares paths case-insensitively, and so do the routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from emulator.resource_manager import computes, diagnostics, tenancy
from emulator.resource_manager.assets import Assets
from emulator.resource_manager.autoscale import AutoscaleSettings
from emulator.resource_manager.calls import Call, Handler, Reply
from emulator.resource_manager.datastores import Datastores
from emulator.resource_manager.deployments import Deployments
from emulator.resource_manager.diagnostics import DiagnosticSettings
from emulator.resource_manager.endpoints import Endpoints
from emulator.resource_manager.roles import Roles
from emulator.resource_manager.tenancy import Tenancy
from emulator.resources import ASSET_KINDS, Json


@dataclass(frozen=True, slots=True)
class Route:
    """A method, a path below the workspace (or provider), and its handler. `{name}` matches any one path segment."""

    method: str
    path: str
    handler: Handler

    def match(self, method: str, segments: list[str]) -> dict[str, str] | None:
        """Return the path's parameters if the request matches this route, or None."""
        pattern = self.path.split("/") if self.path else []
        if method != self.method or len(pattern) != len(segments):
            return None
        parameters = {}
        for expected, segment in zip(pattern, segments, strict=True):
            if expected.startswith("{"):
                parameters[expected[1:-1]] = segment
            elif expected.lower() != segment.lower():
                return None
        if "kind" in parameters:
            parameters["kind"] = parameters["kind"].lower()
            return parameters if parameters["kind"] in ASSET_KINDS else None
        return parameters


Read = Callable[[str, Mapping[str, str]], Awaitable[Json]]
"""Answers for a resource (its ARM id), given the parameters of the query."""


class Metrics(Protocol):
    """What reads the platform metrics of a resource. Every method raises ArmError."""

    async def read(self, resource: str, parameters: Mapping[str, str]) -> Json:
        """Return the values."""

    async def definitions(self, resource: str, _: Mapping[str, str]) -> Json:
        """Return the available metrics."""

    async def namespaces(self, resource: str, _: Mapping[str, str]) -> Json:
        """Return the namespaces of the metrics."""


class _Resource(Protocol):
    """The handlers that most kinds of resources have."""

    async def list_all(self, call: Call) -> Reply: ...
    async def show(self, call: Call) -> Reply: ...
    async def put(self, call: Call) -> Reply: ...
    async def patch(self, call: Call) -> Reply: ...
    async def delete(self, call: Call) -> Reply: ...


def _of_resource(collection: str, one: str, handlers: _Resource) -> Iterable[Route]:
    yield Route("GET", collection, handlers.list_all)
    yield Route("GET", one, handlers.show)
    yield Route("PUT", one, handlers.put)
    yield Route("PATCH", one, handlers.patch)
    yield Route("DELETE", one, handlers.delete)


def of_endpoints(handlers: Endpoints) -> Iterable[Route]:
    """Return the routes of online endpoints."""
    one = "onlineEndpoints/{endpoint}"
    yield from _of_resource("onlineEndpoints", one, handlers)
    yield Route("POST", f"{one}/listKeys", handlers.list_keys)
    yield Route("POST", f"{one}/regenerateKeys", handlers.regenerate_keys)
    yield Route("POST", f"{one}/token", handlers.token)


def of_deployments(handlers: Deployments) -> Iterable[Route]:
    """Return the routes of deployments."""
    every = "onlineEndpoints/{endpoint}/deployments"
    one = f"{every}/{{deployment}}"
    yield from _of_resource(every, one, handlers)
    yield Route("POST", f"{one}/getLogs", handlers.logs)
    yield Route("GET", f"{one}/skus", handlers.skus)


def of_computes() -> Iterable[Route]:
    """Return the routes of computes."""
    yield Route("GET", "computes", computes.list_all)
    yield Route("GET", "computes/{compute}", computes.show)


def of_autoscale(handlers: AutoscaleSettings) -> Iterable[Route]:
    """Return the routes of autoscale settings, below their provider."""
    yield from _of_resource("autoscalesettings", "autoscalesettings/{setting}", handlers)


def of_diagnostics(handlers: DiagnosticSettings) -> Iterable[Route]:
    """Return the routes of endpoints' diagnostic settings."""
    every = "onlineEndpoints/{endpoint}/providers/Microsoft.Insights/diagnosticSettings"
    yield from _of_resource(every, f"{every}/{{setting}}", handlers)


def of_tenancy(handlers: Tenancy) -> Iterable[Route]:
    """Return the routes from the root of the resource manager to its resource groups and providers."""
    one = "subscriptions/{subscription}"
    group = f"{one}/resourceGroups/{{group}}"
    yield Route("GET", "tenants", handlers.tenants)
    yield Route("GET", "subscriptions", handlers.subscriptions)
    yield Route("GET", one, handlers.subscription)
    yield Route("GET", f"{one}/locations", tenancy.locations)
    yield Route("GET", f"{one}/resourceGroups", tenancy.groups)
    yield Route("GET", group, tenancy.group)
    yield Route("HEAD", group, tenancy.group_exists)
    yield Route("GET", f"{one}/resources", tenancy.resources)
    yield Route("GET", f"{group}/resources", tenancy.resources)
    yield Route("GET", f"{one}/providers", tenancy.providers)
    yield Route("GET", f"{one}/providers/{{namespace}}", tenancy.provider)
    yield Route("POST", f"{one}/providers/{{namespace}}/register", tenancy.provider)


def of_roles(handlers: Roles) -> Iterable[Route]:
    """Return the routes of role definitions and assignments, below their provider."""
    yield Route("GET", "roleDefinitions", handlers.definitions)
    yield Route("GET", "roleDefinitions/{name}", handlers.definition)
    yield Route("GET", "roleAssignments", handlers.list_all)
    yield Route("GET", "roleAssignments/{name}", handlers.show)
    yield Route("PUT", "roleAssignments/{name}", handlers.put)
    yield Route("DELETE", "roleAssignments/{name}", handlers.delete)


def of_metrics(handlers: Metrics) -> Iterable[Route]:
    """Return the routes of platform metrics, below their provider."""

    def answer(read: Read) -> Handler:
        async def handle(call: Call) -> Reply:
            return Reply(body=await read(call.path["scope"], call.query))

        return handle

    yield Route("GET", "metrics", answer(handlers.read))
    yield Route("GET", "metricDefinitions", answer(handlers.definitions))
    yield Route("GET", "metricNamespaces", answer(handlers.namespaces))


def of_logs() -> Iterable[Route]:
    """Return the route of the Log Analytics workspace, below its provider."""
    yield Route("GET", "workspaces/{logs}", diagnostics.show_logs_workspace)


def of_storage(handlers: Datastores) -> Iterable[Route]:
    """Return the routes of datastores and uploads."""
    yield Route("GET", "datastores", handlers.list_all)
    yield Route("GET", "datastores/{name}", handlers.show)
    yield Route("POST", "datastores/{name}/listSecrets", handlers.list_secrets)
    yield Route("POST", "{kind}/{name}/versions/{version}/startPendingUpload", handlers.start_pending_upload)


def of_assets(handlers: Assets) -> Iterable[Route]:
    """Return the routes of models, environments, code and data."""
    yield Route("GET", "{kind}", handlers.list_containers)
    yield Route("GET", "{kind}/{name}", handlers.show_container)
    yield Route("PUT", "{kind}/{name}", handlers.put_container)
    yield Route("GET", "{kind}/{name}/versions", handlers.list_versions)
    yield Route("GET", "{kind}/{name}/versions/{version}", handlers.show_version)
    yield Route("PUT", "{kind}/{name}/versions/{version}", handlers.put_version)
    yield Route("DELETE", "{kind}/{name}/versions/{version}", handlers.delete_version)
