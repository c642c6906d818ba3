"""Sends the queue outputs of functions that succeeded. Creates a missing queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.host import queue_messages
from cli.host.settings import Settings, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.host.metadata import FunctionMetadata, Json
    from cli.host.storage import Storage
    from cli.host.worker import Outcome

QueueAddress = tuple[str, str]


def address(binding: Json, settings: Settings) -> QueueAddress:
    """Return (connection, queue name) of a queue binding. Raises MissingSettingError."""
    return str(binding.get("connection") or "AzureWebJobsStorage"), resolve(str(binding["queueName"]), settings)


class QueueOutputs:
    """Sends messages and calls `written` with each queue that received some, so that its listener polls immediately."""

    def __init__(
        self, storage: Storage, settings: Settings, written: Callable[[QueueAddress], None], *, as_base64: bool
    ) -> None:
        self._storage = storage
        self._settings = settings
        self._written = written
        self._as_base64 = as_base64

    async def write(self, function: FunctionMetadata, outcome: Outcome) -> None:
        """Send every message of every queue output, in order. Propagates storage errors."""
        for binding in function.queue_outputs:
            value = outcome.returned if binding["name"] == "$return" else outcome.outputs.get(binding["name"])
            if value is None or value.value is None:
                continue
            target = address(binding, self._settings)
            queue = self._storage.queue(*target)
            for content in queue_messages.split(value):
                await queue.send(queue_messages.encoded(content, as_base64=self._as_base64))
            self._written(target)
