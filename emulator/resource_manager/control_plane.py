"""The control plane put together: one workspace, its handlers, and the application that answers for ARM."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from emulator.clock import VirtualClock
from emulator.identity.tokens import TokenIssuer
from emulator.options import Options
from emulator.resource_manager import events, routes
from emulator.resource_manager.application import ResourceManager
from emulator.resource_manager.asset_files import AssetFiles, Storage
from emulator.resource_manager.assets import Assets
from emulator.resource_manager.autoscale import AutoscaleSettings
from emulator.resource_manager.computes import Computes
from emulator.resource_manager.datastores import Datastores
from emulator.resource_manager.deployments import Deployments
from emulator.resource_manager.endpoints import Endpoints
from emulator.resource_manager.faults import Faults
from emulator.resource_manager.operations import Operations
from emulator.resource_manager.state import Workspace
from emulator.resources import Fleet, Json


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the control plane uses of the rest of the cloud. `publish` takes Event Grid events."""

    clock: VirtualClock
    issuer: TokenIssuer
    fleet: Fleet
    storage: Storage
    publish: Callable[[Json], Awaitable[None]]


def control_plane(options: Options, workspace: Workspace, around: Dependencies) -> ResourceManager:
    """Return the control plane of `workspace`."""
    faults = Faults()
    operations = Operations(around.clock, options.subscription, options.region, faults)
    common = (around.clock, operations, options.durations, options.limits, around.fleet)
    files = AssetFiles(Path(options.state) / "deployments", around.storage)

    async def model_registered(owner: Workspace, name: str, version: str, properties: Json) -> None:
        await around.publish(events.model_registered(owner, name, version, properties, around.clock.now()))

    table = [
        *routes.of_storage(Datastores(around.storage)),
        *routes.of_endpoints(Endpoints(*common, issuer=around.issuer)),
        *routes.of_deployments(Deployments(*common, files=files)),
        *routes.of_computes(Computes()),
        *routes.of_assets(Assets(around.clock, model_registered)),
    ]
    beside = [*routes.of_autoscale(AutoscaleSettings(around.clock))]
    return ResourceManager({workspace.name.lower(): workspace}, table, beside, operations, around.issuer, faults)
