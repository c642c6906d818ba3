"""How many requests a deployment takes: so many at once per instance, twice as many pending, and no more (429).

The limits are those of `requestSettings`; the arithmetic is Azure's documented one:
2 x maxConcurrentRequestsPerInstance x instances pending requests.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from emulator.serving.durations import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from emulator.resources import Deployment
    from emulator.serving.instance import Instance


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """A deployment's `requestSettings`; `timeout` in seconds of wall time. Defaults as Azure's."""

    timeout: float = 5.0
    concurrent: int = 1

    @staticmethod
    def of(deployment: Deployment) -> RequestLimits:
        """Read them from the deployment's body."""
        settings = deployment.body["properties"].get("requestSettings") or {}
        timeout = seconds(settings.get("requestTimeout") or "PT5S")
        return RequestLimits(timeout, int(settings.get("maxConcurrentRequestsPerInstance") or 1))


class TooManyRequestsError(Exception):
    """More requests are pending than the deployment takes."""


class NoInstanceError(Exception):
    """No instance of the deployment takes requests now."""


@dataclass(slots=True)
class Queue:
    """The requests of one deployment: those with an instance, and those that wait for one."""

    pending: int = 0
    turn: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    async def enter(self, instances: Callable[[], Sequence[Instance]], concurrent: int) -> Instance:
        """Wait for an instance with room and take it; `leave` must follow.

        Raises TooManyRequestsError at once when the queue is full, NoInstanceError when there is nobody to wait for.
        """
        if self.pending >= 2 * concurrent * max(len(instances()), 1):
            raise TooManyRequestsError
        self.pending += 1
        try:
            return await self._take(instances, concurrent)
        except BaseException:
            self.pending -= 1
            self._wake()
            raise

    def leave(self, instance: Instance) -> None:
        """Give the instance back and let the next one in."""
        self.pending -= 1
        instance.give_back()
        self._wake()

    async def _take(self, instances: Callable[[], Sequence[Instance]], concurrent: int) -> Instance:
        """Return the instance whose turn it is, when it has room."""
        while True:
            present = instances()
            if not present:
                raise NoInstanceError
            free = [instance for instance in present if instance.in_flight < concurrent]
            if free:
                chosen = min(free, key=lambda instance: (instance.in_flight, instance.last_used))
                self.turn += 1
                chosen.take(self.turn)
                return chosen
            await self._wait()

    async def _wait(self) -> None:
        """Wait until somebody leaves."""
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(place)
        try:
            await place
        finally:
            if place in self.waiting:
                self.waiting.remove(place)

    def _wake(self) -> None:
        """Let the first that waits look again."""
        while self.waiting:
            place = self.waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
