"""How many requests a deployment accepts: some concurrent per instance, twice as many pending, then 429.

The limits are those of `requestSettings`. As Azure documents it, the maximum number of pending requests is
2 x maxConcurrentRequestsPerInstance x instances.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from emulator.iso8601 import duration_seconds
from emulator.resources import Deployment
from emulator.serving.instance import Instance


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """A deployment's `requestSettings`, with Azure's defaults; `timeout` is in seconds of wall-clock time."""

    timeout: float = 5.0
    concurrent: int = 1

    @staticmethod
    def of(deployment: Deployment) -> RequestLimits:
        """Return the limits in the deployment's body."""
        settings = deployment.body["properties"].get("requestSettings") or {}
        timeout = duration_seconds(settings.get("requestTimeout") or "PT5S")
        return RequestLimits(timeout, int(settings.get("maxConcurrentRequestsPerInstance") or 1))


class TooManyRequestsError(Exception):
    """More requests are pending than the deployment accepts."""


class NoInstanceError(Exception):
    """No instance of the deployment accepts requests now."""


@dataclass(slots=True)
class Queue:
    """The requests of one deployment: those at an instance, and those waiting for one."""

    pending: int = 0
    turn: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    async def enter(self, instances: Callable[[], Sequence[Instance]], concurrent: int) -> Instance:
        """Wait for an instance with room and reserve it; the caller must `leave` afterwards.

        Raises TooManyRequestsError immediately if the queue is full, NoInstanceError if there is no instance.
        """
        if self.pending >= 2 * concurrent * max(len(instances()), 1):
            raise TooManyRequestsError
        self.pending += 1
        try:
            return await self._reserve(instances, concurrent)
        except BaseException:
            self.pending -= 1
            self._wake()
            raise

    def leave(self, instance: Instance) -> None:
        """Release the instance and let the next request in."""
        self.pending -= 1
        instance.release()
        self._wake()

    async def _reserve(self, instances: Callable[[], Sequence[Instance]], concurrent: int) -> Instance:
        """Return the next instance in turn, once one has room."""
        while True:
            present = instances()
            if not present:
                raise NoInstanceError
            free = [instance for instance in present if instance.in_flight < concurrent]
            if free:
                chosen = min(free, key=lambda instance: (instance.in_flight, instance.last_used))
                self.turn += 1
                chosen.reserve(self.turn)
                return chosen
            await self._wait()

    async def _wait(self) -> None:
        """Wait until a request leaves."""
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(place)
        try:
            await place
        finally:
            if place in self.waiting:
                self.waiting.remove(place)

    def _wake(self) -> None:
        """Wake the first waiting request."""
        while self.waiting:
            place = self.waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
