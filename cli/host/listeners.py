"""The triggers that need no request: timers and queues, started and stopped together."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cli.host import queue_output, schedule
from cli.host.metadata import FunctionMetadata, kind
from cli.host.queue_trigger import QueueListener, QueuePair
from cli.host.settings import Settings, resolve
from cli.host.timer import TimerListener, TimerStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.host.dispatcher import Dispatcher
    from cli.host.options import QueueOptions
    from cli.host.queue_output import QueueAddress
    from cli.host.storage import Storage
    from emulator.clock import VirtualClock

log = logging.getLogger("cli.host")


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What every listener needs."""

    settings: Settings
    queues: QueueOptions
    storage: Storage
    timers: TimerStore
    clock: VirtualClock


class Listeners:
    """One listener for each timer and queue function."""

    def __init__(self, surroundings: Dependencies) -> None:
        self._surroundings = surroundings
        self._queues: dict[QueueAddress, list[QueueListener]] = {}
        self._timers: list[TimerListener] = []
        self._tasks: list[asyncio.Task[None]] = []

    def wake(self, written: QueueAddress) -> None:
        """Poll the queue immediately: the host has just written to it."""
        for listener in self._queues.get(written, []):
            listener.wake()

    def start(self, functions: Sequence[FunctionMetadata], dispatcher: Dispatcher) -> None:
        """Start a listener for each timer and queue function."""
        for function in functions:
            if kind(function.trigger) == "timertrigger":
                self._timers.append(self._timer(function, dispatcher))
            elif kind(function.trigger) == "queuetrigger":
                target = queue_output.address(function.trigger, self._surroundings.settings)
                self._queues.setdefault(target, []).append(self._queue(function, target, dispatcher))
        self._tasks = [asyncio.create_task(listener.run()) for listener in self._all()]
        for task in self._tasks:
            task.add_done_callback(_ended)

    def _all(self) -> list[TimerListener | QueueListener]:
        return [*self._timers, *(listener for listeners in self._queues.values() for listener in listeners)]

    def _timer(self, function: FunctionMetadata, dispatcher: Dispatcher) -> TimerListener:
        around = self._surroundings
        times = schedule.parse(resolve(str(function.trigger["schedule"]), around.settings))
        return TimerListener(function, times, around.timers, dispatcher, around.clock)

    def _queue(self, function: FunctionMetadata, target: QueueAddress, dispatcher: Dispatcher) -> QueueListener:
        around = self._surroundings
        source, name = target
        poison = None if name.endswith("-poison") else around.storage.queue(source, f"{name}-poison")
        pair = QueuePair(around.storage.queue(source, name), poison)
        return QueueListener(function, pair, around.queues, dispatcher, around.clock)

    def stop(self) -> None:
        """Tell every listener to start nothing new."""
        for listener in self._all():
            listener.stop()

    async def ended(self, seconds: float) -> None:
        """Wait up to `seconds` for the listeners to finish their current work."""
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=seconds)
            for task in left:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)


def _ended(task: asyncio.Task[None]) -> None:
    """Log a listener that failed; otherwise its function would silently stop running."""
    if not task.cancelled() and (error := task.exception()):
        log.error("a listener failed: its function no longer runs", exc_info=error)
