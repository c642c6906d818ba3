"""Listens to one Storage queue for one function: fetch, lease, run, delete, retry, poison.

A message is deleted only after its function succeeded. Durations (the lease, the delay after a failure, the longest
polling interval) follow the host's clock, so a faster clock adds no delay in its own time.
"""

from __future__ import annotations

import asyncio
import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError
from azure.functions.meta import Datum

from cli.host import queue_messages
from cli.host.worker import InvocationFailedError

if TYPE_CHECKING:
    from azure.storage.queue import QueueMessage

    from cli.host.dispatcher import Dispatcher
    from cli.host.metadata import FunctionMetadata
    from cli.host.options import QueueOptions
    from cli.host.storage import StorageQueue
    from emulator.clock import VirtualClock

log = logging.getLogger("cli.host")

_SHORTEST_POLL = 0.1  # wall seconds, as in the real host
_LEASE = 600  # seconds of the host's clock, as in the real host
_SHORTEST_LEASE = 5  # wall seconds: there must be time to renew it after half of it


@dataclass(frozen=True, slots=True)
class QueuePair:
    """The trigger's queue and its poison queue (None: messages are retried forever)."""

    trigger: StorageQueue
    poison: StorageQueue | None


class QueueListener:
    """Runs a function for each message of a queue, `batch_size + new_batch_threshold` at a time at most."""

    def __init__(
        self,
        function: FunctionMetadata,
        queues: QueuePair,
        options: QueueOptions,
        dispatcher: Dispatcher,
        clock: VirtualClock,
    ) -> None:
        self._function = function
        self._queues = queues
        self._options = options
        self._dispatcher = dispatcher
        self._lease = max(_SHORTEST_LEASE, math.ceil(clock.real_seconds(_LEASE)))
        longest = clock.real_seconds(options.max_polling_interval.total_seconds())
        self._longest_poll = max(_SHORTEST_POLL, longest)
        self._retry_after = math.ceil(clock.real_seconds(options.visibility_timeout.total_seconds()))
        self._running: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Poll immediately: this host has just written to the queue."""
        self._woken.set()

    def stop(self) -> None:
        """Fetch no more messages; `run` returns when those in hand are done."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Listen until stopped."""
        pause = _SHORTEST_POLL
        while not self._stopping:
            if len(self._running) > self._options.new_batch_threshold:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
                continue
            messages = await self._receive()
            for message in messages:
                task = asyncio.create_task(self._handle(message))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            woken = not messages and await self._idle(pause)
            pause = _SHORTEST_POLL if messages or woken else min(pause * 2, self._longest_poll)
        if self._running:
            await asyncio.wait(self._running)

    async def _receive(self) -> list[QueueMessage]:
        try:
            return await self._queues.trigger.receive(self._options.batch_size, self._lease)
        except AzureError as error:
            log.warning("queue %s cannot be read: %s", self._queues.trigger.name, error)
            return []

    async def _idle(self, seconds: float) -> bool:
        """Wait; return whether something woke the listener before the timeout."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True

    async def _handle(self, message: QueueMessage) -> None:
        try:
            if (message.dequeue_count or 0) > self._options.max_dequeue_count and self._queues.poison:
                await self._give_up(message)
                return
            try:
                text = queue_messages.decoded(str(message.content), as_base64=self._options.base64)
            except ValueError:
                log.warning("message %s of %s is not base64: not delivered", message.id, self._queues.trigger.name)
                await self._give_up(message)
                return
            if await self._leased(message, text):
                await self._queues.trigger.delete(message)
            else:
                await self._failed(message)
        except AzureError as error:
            log.warning("message %s of %s: %s; it will be retried", message.id, self._queues.trigger.name, error)

    async def _leased(self, message: QueueMessage, text: str) -> bool:
        """Run the function, renewing the lease halfway through; return whether it succeeded."""
        done = asyncio.Event()
        renewal = asyncio.create_task(self._renew(message, done))
        try:
            return await self._invoke(message, text)
        finally:
            done.set()
            await renewal

    async def _invoke(self, message: QueueMessage, text: str) -> bool:
        try:
            await self._dispatcher.run(self._function, datum(text), queue_messages.trigger_metadata(message, text))
        except InvocationFailedError:
            return False
        return True

    async def _renew(self, message: QueueMessage, done: asyncio.Event) -> None:
        while not done.is_set():
            try:
                async with asyncio.timeout(self._lease / 2):
                    await done.wait()
            except TimeoutError:
                try:
                    await self._queues.trigger.hide(message, self._lease)
                except AzureError as error:
                    log.warning("the lease of message %s was not renewed: %s", message.id, error)

    async def _failed(self, message: QueueMessage) -> None:
        if (message.dequeue_count or 0) >= self._options.max_dequeue_count and self._queues.poison:
            await self._give_up(message)
        else:
            await self._queues.trigger.hide(message, self._retry_after)

    async def _give_up(self, message: QueueMessage) -> None:
        poison = self._queues.poison
        if poison is None:
            return
        await poison.send(str(message.content))
        await self._queues.trigger.delete(message)
        log.warning("message %s moved to %s after %s attempts", message.id, poison.name, message.dequeue_count)


def datum(text: str) -> Datum:
    """Return a message's text in the form the worker receives."""
    return Datum(text, "string")
