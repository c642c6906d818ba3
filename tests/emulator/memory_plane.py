"""A control plane in memory, for tests that do not need real model servers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from emulator.clock import VirtualClock
from emulator.containers import DeploymentFiles
from emulator.resource_manager.asset_files import AssetFiles, Storage
from emulator.resource_manager.calls import Call, Reply
from emulator.resource_manager.deployments import Deployments
from emulator.resource_manager.operations import Operations
from emulator.resource_manager.settings import Durations, Limits
from emulator.resources import Deployment, Endpoint, Json, Workspace


@dataclass(slots=True)
class MemoryFleet:
    """A fleet without processes."""

    running: dict[str, int] = field(default_factory=dict)

    async def start(self, deployment: Deployment, files: DeploymentFiles) -> None:
        """Start immediately."""
        assert files.scoring_script in ("score.py", None)
        self.running[deployment.name] = deployment.body["sku"]["capacity"]

    async def scale(self, deployment: Deployment) -> None:
        """Scale immediately."""
        self.running[deployment.name] = deployment.body["sku"]["capacity"]

    async def stop(self, endpoint: str, deployment: str) -> None:
        """Stop immediately."""
        assert endpoint
        self.running.pop(deployment, None)

    def logs(self, endpoint: str, deployment: str, tail: int) -> str:
        """Return no lines."""
        return f"{endpoint}{deployment}"[:0] * tail


class MemoryPlane:
    """The handlers of deployments, for a workspace with one endpoint `e`. Operations take no time."""

    def __init__(self, limits: Limits | None = None, /, **properties: object) -> None:
        self.workspace = Workspace("s", "g", "w", "x", "n", "account")
        self.workspace.endpoints["e"] = Endpoint("e", {"properties": properties}, "", "", "Succeeded")
        operations = Operations(VirtualClock(), "s", "x")
        files = AssetFiles(Path("/nowhere"), Storage({}, "", Path("/nowhere")))
        durations = Durations().times(0)
        self._operations = operations
        self._handlers = Deployments(operations.clock, operations, durations, limits or Limits(), MemoryFleet(), files)

    def put(self, name: str, body: Json) -> Reply:
        """PUT a deployment, wait until its operation has ended, and return the reply."""

        async def put() -> Reply:
            reply = await self._handlers.put(self._call(name, body))
            await self._operations.settle()
            return reply

        return asyncio.run(put())

    def show(self, name: str) -> Json:
        """Return the body that GET shows of a deployment."""
        shown = asyncio.run(self._handlers.show(self._call(name, {}))).body
        assert shown is not None
        return shown

    def _call(self, name: str, body: Json) -> Call:
        return Call(self.workspace, {"endpoint": "e", "deployment": name}, {}, body)
