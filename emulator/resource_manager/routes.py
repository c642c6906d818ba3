"""Which request goes to which handler. ARM compares paths without regard to case, so this does too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from emulator.resource_manager import workspaces
from emulator.resource_manager.assets import Assets
from emulator.resource_manager.autoscale import AutoscaleSettings
from emulator.resource_manager.calls import Handler
from emulator.resource_manager.computes import Computes
from emulator.resource_manager.datastores import Datastores
from emulator.resource_manager.deployments import Deployments
from emulator.resource_manager.endpoints import Endpoints
from emulator.resource_manager.state import ASSET_KINDS


@dataclass(frozen=True, slots=True)
class Route:
    """A method, a path below the workspace (or provider), and its handler. `{name}` takes any one part of the path."""

    method: str
    path: str
    handler: Handler

    def match(self, method: str, parts: list[str]) -> dict[str, str] | None:
        """Return the named parts if the request is this route's, else None."""
        pattern = self.path.split("/") if self.path else []
        if method != self.method or len(pattern) != len(parts):
            return None
        names = {}
        for wanted, part in zip(pattern, parts, strict=True):
            if wanted.startswith("{"):
                names[wanted[1:-1]] = part
            elif wanted.lower() != part.lower():
                return None
        if "kind" in names:
            names["kind"] = names["kind"].lower()
            return names if names["kind"] in ASSET_KINDS else None
        return names


def of_endpoints(handlers: Endpoints) -> Iterable[Route]:
    """Return the routes of online endpoints."""
    one = "onlineEndpoints/{endpoint}"
    yield Route("GET", "onlineEndpoints", handlers.list_all)
    yield Route("GET", one, handlers.show)
    yield Route("PUT", one, handlers.put)
    yield Route("PATCH", one, handlers.patch)
    yield Route("DELETE", one, handlers.delete)
    yield Route("POST", f"{one}/listKeys", handlers.list_keys)
    yield Route("POST", f"{one}/regenerateKeys", handlers.regenerate_keys)
    yield Route("POST", f"{one}/token", handlers.token)


def of_deployments(handlers: Deployments) -> Iterable[Route]:
    """Return the routes of deployments."""
    every = "onlineEndpoints/{endpoint}/deployments"
    one = f"{every}/{{deployment}}"
    yield Route("GET", every, handlers.list_all)
    yield Route("GET", one, handlers.show)
    yield Route("PUT", one, handlers.put)
    yield Route("PATCH", one, handlers.patch)
    yield Route("DELETE", one, handlers.delete)
    yield Route("POST", f"{one}/getLogs", handlers.logs)
    yield Route("GET", f"{one}/skus", handlers.skus)


def of_computes(handlers: Computes) -> Iterable[Route]:
    """Return the routes of computes."""
    yield Route("GET", "computes", handlers.list_all)
    yield Route("GET", "computes/{compute}", handlers.show)


def of_autoscale(handlers: AutoscaleSettings) -> Iterable[Route]:
    """Return the routes of autoscale settings, below their provider."""
    one = "autoscalesettings/{setting}"
    yield Route("GET", "autoscalesettings", handlers.list_all)
    yield Route("GET", one, handlers.show)
    yield Route("PUT", one, handlers.put)
    yield Route("PATCH", one, handlers.patch)
    yield Route("DELETE", one, handlers.delete)


def of_storage(handlers: Datastores) -> Iterable[Route]:
    """Return the routes of datastores and uploads, and of the workspace itself."""
    yield Route("GET", "", workspaces.show)
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
