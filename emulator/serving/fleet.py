"""The processes behind the deployments. Starts, scales, restarts and stops them; knows nothing of traffic or requests.

An instance that ends by itself leaves the rotation at once and is started again after a back-off (10 s, 20 s, ... 300 s
of virtual time), as Azure's containers are. When the emulator ends, however it ends, so do its processes.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from emulator.resources import ContainerError
from emulator.serving.container import prepare
from emulator.serving.container_log import ContainerLog
from emulator.serving.instance import launch
from emulator.serving.probes import LEAST_WAIT, Probes, wait_until_ready

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from emulator.clock import VirtualClock
    from emulator.resources import Deployment, DeploymentFiles
    from emulator.serving.container import Container
    from emulator.serving.instance import Instance

FIRST_BACK_OFF = 10.0
LONGEST_BACK_OFF = 300.0
TRIM_SECONDS = 60.0  # wall time between looks at the size of a log
_LINES_IN_MESSAGE = 20


@dataclass(slots=True, eq=False)
class _Replicas:
    """The instances of one deployment as it was last started, and the tasks that watch them."""

    container: Container
    probes: Probes
    wanted: int
    instances: list[Instance] = field(default_factory=list)
    watches: set[asyncio.Task[None]] = field(default_factory=set)


class ProcessFleet:
    """Implements `Fleet` with real processes of the environment whose interpreter is `python`, below `directory`.

    `least_wait`: how many wall seconds a process has to become ready, however fast the clock runs.
    """

    def __init__(self, directory: Path, python: Path, clock: VirtualClock, least_wait: float = LEAST_WAIT) -> None:
        self._directory = directory
        self._python = python
        self._clock = clock
        self._least_wait = least_wait
        self._replicas: dict[tuple[str, str], _Replicas] = {}

    def instances(self, endpoint: str, deployment: str) -> Sequence[Instance]:
        """Return the instances that take requests now; empty when there are none."""
        replicas = self._replicas.get((endpoint, deployment))
        return replicas.instances if replicas else ()

    async def start(self, deployment: Deployment, files: DeploymentFiles) -> None:
        """Start `sku.capacity` processes beside any old ones, wait until ready, then replace the old ones.

        Raises ContainerError if they crash or are not ready within the probes' limits; the old ones then go on.
        """
        try:
            probes = Probes.of(deployment.body)
        except ValueError as error:
            raise ContainerError("BadArgument", str(error)) from error
        replicas = _Replicas(prepare(self._directory, deployment, files), probes, _capacity(deployment))
        old = self._replicas.get((deployment.endpoint, deployment.name))
        if old is None:
            replicas.container.log.clear()
        await self._grow(replicas, replicas.wanted)
        self._replicas[deployment.endpoint, deployment.name] = replicas
        if old:
            await self._retire(old, 0)

    async def scale(self, deployment: Deployment) -> None:
        """Bring the number of processes to `sku.capacity`. Raises ContainerError as `start`; what ran goes on."""
        replicas = self._replicas.get((deployment.endpoint, deployment.name))
        if replicas is None:
            raise ContainerError("ResourceNotFound", f"The deployment {deployment.name} has no instances to scale.")
        wanted = _capacity(deployment)
        await self._grow(replicas, wanted - len(replicas.instances))
        replicas.wanted = wanted
        await self._retire(replicas, wanted)

    async def stop(self, endpoint: str, deployment: str) -> None:
        """Stop the deployment's processes. Nothing to stop is not an error."""
        replicas = self._replicas.pop((endpoint, deployment), None)
        if replicas:
            await self._retire(replicas, 0)

    def logs(self, endpoint: str, deployment: str, tail: int) -> str:
        """Return the last `tail` lines of the container's log, also after a crash."""
        return ContainerLog(self._directory / endpoint / deployment / "console.log").tail(tail)

    async def close(self) -> None:
        """Stop every process of every deployment."""
        await asyncio.gather(*(self.stop(*key) for key in list(self._replicas)))

    async def _grow(self, replicas: _Replicas, count: int) -> None:
        """Add `count` instances, all ready, or none: then raise ContainerError with the log's last lines."""
        if count <= 0:
            return
        if not self._python.exists():
            raise ContainerError("InternalServerError", f"There is no serving environment at {self._python}.")
        fresh: list[Instance] = []
        try:
            await self._bring_up(replicas, count, fresh)
        except BaseException:
            await asyncio.gather(*(instance.discard() for instance in fresh))
            raise
        for instance in fresh:
            self._enlist(replicas, instance)

    async def _bring_up(self, replicas: _Replicas, count: int, fresh: list[Instance]) -> None:
        """Launch `count` instances, noting each in `fresh` as it starts, and wait until all are ready."""
        while len(fresh) < count:
            fresh.append(await launch(self._python, replicas.container))
        ready = await asyncio.gather(*(self._ready(replicas, instance) for instance in fresh))
        if not all(ready):
            raise _not_ready(replicas.container.log, crashed=any(instance.exited for instance in fresh))

    async def _ready(self, replicas: _Replicas, instance: Instance) -> bool:
        """Wait until the instance passes its probes; False if it does not in time."""
        return await wait_until_ready(instance, replicas.probes, self._clock, self._least_wait)

    def _enlist(self, replicas: _Replicas, instance: Instance) -> None:
        """Put a ready instance into the rotation and watch over it."""
        replicas.instances.append(instance)
        watch = asyncio.create_task(self._watch(replicas, instance))
        replicas.watches.add(watch)
        watch.add_done_callback(replicas.watches.discard)

    async def _watch(self, replicas: _Replicas, instance: Instance) -> None:
        """Wait for the end of `instance`; if nobody asked for it, bring another in its place."""
        while not instance.exited:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(instance.process.wait(), TRIM_SECONDS)
            replicas.container.log.trim()
        if instance.stopping:
            return
        replicas.instances.remove(instance)
        back_off = FIRST_BACK_OFF
        while True:
            await instance.stop()
            await asyncio.sleep(self._clock.real_seconds(back_off))
            back_off = min(back_off * 2, LONGEST_BACK_OFF)
            instance = await self._relaunch(replicas)
            if instance.stopping:
                continue
            if len(replicas.instances) < replicas.wanted:
                self._enlist(replicas, instance)
            else:
                await instance.stop()
            return

    async def _relaunch(self, replicas: _Replicas) -> Instance:
        """Return a new instance, ready, or stopped because it did not become so."""
        instance = await launch(self._python, replicas.container)
        try:
            if not await self._ready(replicas, instance):
                await instance.discard()
        except asyncio.CancelledError:
            await instance.discard()
            raise
        return instance

    async def _retire(self, replicas: _Replicas, keep: int) -> None:
        """Take all but `keep` instances out of the rotation and stop them; with none kept, end the watch too."""
        leaving = replicas.instances[keep:]
        del replicas.instances[keep:]
        watches = list(replicas.watches) if keep == 0 else []
        for instance in leaving:
            instance.stopping = True
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*(instance.stop() for instance in leaving))
        await asyncio.gather(*watches, return_exceptions=True)


def _capacity(deployment: Deployment) -> int:
    """Return how many instances the body asks for."""
    return int((deployment.body.get("sku") or {}).get("capacity") or 1)


def _not_ready(log: ContainerLog, *, crashed: bool) -> ContainerError:
    """Return Azure's error for a container that did not become ready, with the log's last lines in the message."""
    what = "has crashed or terminated" if crashed else "did not pass its readiness probe in time"
    lines = log.tail(_LINES_IN_MESSAGE)
    return ContainerError("ResourceNotReady", f"User container {what}. Last lines of its log:\n{lines}")
