"""The processes behind the deployments, by endpoint and deployment. The gateway handles traffic and requests.

Implements `emulator.containers.Fleet`. The processes exit with the emulator, however it exits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from emulator.clock import VirtualClock
from emulator.containers import ContainerError, DeploymentFiles
from emulator.resources import Deployment
from emulator.serving import pins
from emulator.serving.container import prepare
from emulator.serving.container_log import ContainerLog
from emulator.serving.instance import Instance
from emulator.serving.probes import LEAST_WAIT, Probes
from emulator.serving.replicas import Environment, Replicas


class ProcessFleet:
    """Real processes of the serving environment's `python`; their folders and logs are below `directory`.

    `least_wait` is the minimum wall-clock time in seconds for a process to become ready, at any clock speed.
    """

    def __init__(self, directory: Path, python: Path, clock: VirtualClock, least_wait: float = LEAST_WAIT) -> None:
        self._directory = directory
        self._environment = Environment(python, clock, least_wait)
        self._replicas: dict[tuple[str, str], Replicas] = {}

    def instances(self, endpoint: str, deployment: str) -> Sequence[Instance]:
        """Return the instances that accept requests now."""
        replicas = self._replicas.get((endpoint, deployment))
        return replicas.instances if replicas else ()

    async def start(self, deployment: Deployment, files: DeploymentFiles) -> None:
        """Start `sku.capacity` processes next to any old ones, wait until they are ready, then stop the old ones.

        Raises ContainerError if they crash or are not ready within the probes' limits; the old ones then keep running.
        """
        try:
            probes = Probes.of(deployment.body)
        except ValueError as error:
            raise ContainerError("BadArgument", str(error)) from error
        replicas = Replicas(self._environment, prepare(self._directory, deployment, files), probes)
        old = self._replicas.get((deployment.endpoint, deployment.name))
        if old is None:
            replicas.container.log.clear()
        self._note_differences(replicas.container.log, files)
        await replicas.scale(_capacity(deployment))
        self._replicas[deployment.endpoint, deployment.name] = replicas
        if old:
            await old.scale(0)

    def _note_differences(self, log: ContainerLog, files: DeploymentFiles) -> None:
        """Log the packages that the conda file asks for and these processes lack."""
        found = pins.differences(files.conda, pins.installed(self._environment.python)) if files.conda else []
        if found:
            text = f"The emulator does not install conda files. Different here: {'; '.join(found)}."
            with log.append_handle() as handle:
                handle.write(f"{text}\n".encode())

    async def scale(self, deployment: Deployment) -> None:
        """Bring the number of processes to `sku.capacity`. Raises ContainerError; running processes are kept."""
        replicas = self._replicas.get((deployment.endpoint, deployment.name))
        if replicas is None:
            raise ContainerError("ResourceNotFound", f"The deployment {deployment.name} has no instances to scale.")
        await replicas.scale(_capacity(deployment))

    async def stop(self, endpoint: str, deployment: str) -> None:
        """Stop the deployment's processes, if there are any."""
        replicas = self._replicas.pop((endpoint, deployment), None)
        if replicas:
            await replicas.scale(0)

    def logs(self, endpoint: str, deployment: str, tail: int) -> str:
        """Return the last `tail` lines of the container's log, including after a crash."""
        return ContainerLog(self._directory / endpoint / deployment / "console.log").tail(tail)

    async def close(self) -> None:
        """Stop every process of every deployment."""
        await asyncio.gather(*(self.stop(*key) for key in list(self._replicas)))


def _capacity(deployment: Deployment) -> int:
    """Return the number of instances in the body."""
    return int((deployment.body.get("sku") or {}).get("capacity") or 1)
