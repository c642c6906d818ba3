"""Counts waiting and failed work: queue messages, poison messages, undelivered events. Read-only."""

from __future__ import annotations

from itertools import islice

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContainerClient
from azure.storage.queue import QueueClient

from shared.adapters.faults import azure_faults
from shared.ports import BacklogCounts

MOST_COUNTED = 1000


class StorageBacklog:
    """The port Backlog. dead_letters: Event Grid's container for undelivered events; None if unknown."""

    def __init__(self, queue: QueueClient, poison: QueueClient, dead_letters: ContainerClient | None) -> None:
        self._queue, self._poison, self._dead_letters = queue, poison, dead_letters

    def counts(self) -> BacklogCounts:
        """Return the counts; a queue or container that does not exist yet counts as empty."""
        return BacklogCounts(_messages(self._queue), _messages(self._poison), self._blobs())

    def _blobs(self) -> int:
        if self._dead_letters is None:
            return 0
        with azure_faults("list dead letters"):
            try:
                return len(list(islice(self._dead_letters.list_blob_names(), MOST_COUNTED)))
            except ResourceNotFoundError:
                return 0


def _messages(queue: QueueClient) -> int:
    with azure_faults(f"read queue {queue.queue_name}"):
        try:
            return int(queue.get_queue_properties().approximate_message_count or 0)
        except ResourceNotFoundError:
            return 0
