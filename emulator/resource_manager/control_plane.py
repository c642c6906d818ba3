"""Assembles the control plane: one workspace, its handlers, and the application that answers for ARM."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from emulator.clock import VirtualClock
from emulator.containers import Fleet
from emulator.identity.tokens import TokenIssuer
from emulator.resource_manager import events, routes
from emulator.resource_manager.application import ResourceManager, RouteTables
from emulator.resource_manager.asset_files import AssetFiles, Storage
from emulator.resource_manager.assets import Assets
from emulator.resource_manager.autoscale import AutoscaleSettings
from emulator.resource_manager.datastores import Datastores
from emulator.resource_manager.deployments import Deployments
from emulator.resource_manager.diagnostics import DiagnosticSettings
from emulator.resource_manager.endpoints import Endpoints
from emulator.resource_manager.faults import Faults
from emulator.resource_manager.operations import Operations
from emulator.resource_manager.roles import Roles
from emulator.resource_manager.settings import Durations, Limits
from emulator.resource_manager.tenancy import Tenancy
from emulator.resources import Json, Workspace


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the control plane needs from the rest of the cloud. `publish` takes Event Grid events."""

    clock: VirtualClock
    issuer: TokenIssuer
    fleet: Fleet
    storage: Storage
    publish: Callable[[Json], Awaitable[None]]
    metrics: routes.Metrics


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """What answers for ARM, and the assets, which MLflow's registry reads and writes too."""

    manager: ResourceManager
    assets: Assets


def control_plane(
    workspace: Workspace, directory: Path, durations: Durations, limits: Limits, dependencies: Dependencies
) -> ControlPlane:
    """Return the control plane of `workspace`. Files of deployments are downloaded to `directory`."""
    clock, storage = dependencies.clock, dependencies.storage
    operations = Operations(clock, workspace.subscription, workspace.region, Faults())
    common = (clock, operations, durations, limits, dependencies.fleet)

    async def model_registered(owner: Workspace, name: str, version: str, properties: Json) -> None:
        await dependencies.publish(events.model_registered(owner, name, version, properties, clock.now()))

    assets = Assets(clock, model_registered)
    table = [
        *routes.of_storage(Datastores(storage)),
        *routes.of_endpoints(Endpoints(*common, issuer=dependencies.issuer)),
        *routes.of_deployments(Deployments(*common, files=AssetFiles(directory, storage))),
        *routes.of_diagnostics(DiagnosticSettings()),
        *routes.of_computes(),
        *routes.of_assets(assets),
    ]
    group_table = [*routes.of_autoscale(AutoscaleSettings(clock)), *routes.of_logs()]
    root = routes.of_tenancy(Tenancy(dependencies.issuer.principal.tenant))
    extensions = [*routes.of_roles(Roles(clock)), *routes.of_metrics(dependencies.metrics)]
    tables = RouteTables([*root], extensions, group_table, table)
    manager = ResourceManager({workspace.name.lower(): workspace}, tables, operations, dependencies.issuer, limits)
    return ControlPlane(manager, assets)
