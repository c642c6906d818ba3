"""The instances of one deployment: started together, watched, restarted and stopped.

As with Azure's containers, an instance that exits by itself or fails its liveness probe leaves the rotation
immediately, and another one is started after a back-off (10 s, 20 s, ... 300 s of virtual time).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from emulator.clock import VirtualClock
from emulator.containers import ContainerError
from emulator.serving.container import Container
from emulator.serving.container_log import ContainerLog
from emulator.serving.instance import Instance, launch
from emulator.serving.probes import Probes, until_not_live, wait_until_ready

FIRST_BACK_OFF = 10.0
LONGEST_BACK_OFF = 300.0
TRIM_SECONDS = 60.0  # wall-clock time between checks of the size of a log
_LINES_IN_MESSAGE = 20


@dataclass(frozen=True, slots=True)
class Environment:
    """What the processes of all deployments share: interpreter, clock, and the minimum wall-clock time to be ready."""

    python: Path
    clock: VirtualClock
    least_wait: float


@dataclass(slots=True, eq=False)
class Replicas:
    """The `instances` that accept requests now; `wanted` is how many there should be."""

    environment: Environment
    container: Container
    probes: Probes
    wanted: int = 0
    instances: list[Instance] = field(default_factory=list)
    _watches: set[asyncio.Task[None]] = field(default_factory=set)

    async def scale(self, wanted: int) -> None:
        """Start missing instances or stop surplus ones; 0 stops all, including those being restarted.

        Raises ContainerError if the new instances do not all become ready; they are then removed, and the others kept.
        """
        if wanted > len(self.instances):
            await self._grow(wanted - len(self.instances))
        self.wanted = wanted
        await self._retire(wanted)

    async def _grow(self, count: int) -> None:
        """Add `count` ready instances, or none: then raise ContainerError with the last lines of the log."""
        if not self.environment.python.exists():
            message = f"There is no serving environment at {self.environment.python}; run `make setup`."
            raise ContainerError("InternalServerError", message)
        fresh: list[Instance] = []
        try:
            await self._bring_up(count, fresh)
        except BaseException:
            await asyncio.gather(*(instance.discard() for instance in fresh))
            raise
        for instance in fresh:
            self._add(instance)

    async def _bring_up(self, count: int, fresh: list[Instance]) -> None:
        """Launch `count` instances, adding each to `fresh` as it starts, and wait until all are ready."""
        while len(fresh) < count:
            fresh.append(await launch(self.environment.python, self.container))
        ready = await asyncio.gather(*(self._ready(instance) for instance in fresh))
        if not all(ready):
            raise _not_ready(self.container.log, crashed=any(instance.exited for instance in fresh))

    async def _ready(self, instance: Instance) -> bool:
        """Wait until the instance passes its probes. Return False if it does not do so in time."""
        return await wait_until_ready(instance, self.probes, self.environment.clock, self.environment.least_wait)

    def _add(self, instance: Instance) -> None:
        """Add a ready instance to the rotation and watch it."""
        self.instances.append(instance)
        watch = asyncio.create_task(self._watch(instance))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)

    async def _watch(self, instance: Instance) -> None:
        """Wait until `instance` is lost, and replace it unless it was stopped on purpose."""
        await self._until_lost(instance)
        if instance.stopping:
            return
        self.instances.remove(instance)
        await instance.discard()
        replacement = await self._replacement()
        if len(self.instances) < self.wanted:
            self._add(replacement)
        else:
            await replacement.discard()

    async def _until_lost(self, instance: Instance) -> None:
        """Wait until the process has exited or is no longer live, and meanwhile limit the size of the log."""
        ended = asyncio.create_task(instance.process.wait())
        not_live = asyncio.create_task(until_not_live(instance, self.probes.liveness, self.environment.clock))
        try:
            while not (ended.done() or not_live.done()):
                await asyncio.wait({ended, not_live}, timeout=TRIM_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                self.container.log.trim()
        finally:
            ended.cancel()
            not_live.cancel()
            await asyncio.gather(ended, not_live, return_exceptions=True)

    async def _replacement(self) -> Instance:
        """Start instances, each after a longer back-off, until one becomes ready."""
        back_off = FIRST_BACK_OFF
        while True:
            clock = self.environment.clock
            await clock.sleep_until(clock.now() + timedelta(seconds=back_off))
            back_off = min(back_off * 2, LONGEST_BACK_OFF)
            instance = await launch(self.environment.python, self.container)
            try:
                if await self._ready(instance):
                    return instance
            except asyncio.CancelledError:
                await instance.discard()
                raise
            await instance.discard()

    async def _retire(self, keep: int) -> None:
        """Remove all but `keep` instances from the rotation and stop them. If none are kept, stop watching too."""
        leaving = self.instances[keep:]
        del self.instances[keep:]
        watches = list(self._watches) if keep == 0 else []
        for instance in leaving:
            instance.stopping = True
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*(instance.stop() for instance in leaving))
        await asyncio.gather(*watches, return_exceptions=True)


def _not_ready(log: ContainerLog, *, crashed: bool) -> ContainerError:
    """Return Azure's error for a container that did not become ready, with the last lines of its log."""
    what = "has crashed or terminated" if crashed else "did not pass its readiness probe in time"
    lines = log.tail(_LINES_IN_MESSAGE)
    return ContainerError("ResourceNotReady", f"User container {what}. Last lines of its log:\n{lines}")
