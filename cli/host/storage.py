"""Storage queues as the host uses them: by connection setting and name, awaitable.

The SDK's blocking clients run on their own thread pool. Message text is passed through unchanged: triggers and outputs
handle the encoding.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from azure.core.exceptions import ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.storage.queue import QueueClient

from cli.host.settings import Settings, connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.storage.queue import QueueMessage

T = TypeVar("T")

_RETRIES: dict[str, Any] = {
    "retry_total": 2,
    "initial_backoff": 1,
    "increment_base": 1,
}  # seconds; the SDK's default starts at 15


class StorageQueue:
    """One queue. Every method raises azure.core.exceptions.AzureError if a storage call fails."""

    def __init__(self, client: QueueClient, pool: ThreadPoolExecutor) -> None:
        self._client = client
        self._pool = pool

    @property
    def name(self) -> str:
        """The queue's name."""
        return str(self._client.queue_name)

    async def receive(self, count: int, lease_seconds: int) -> list[QueueMessage]:
        """Take up to `count` messages and hide them for the lease. A missing queue counts as empty."""

        def receive() -> list[QueueMessage]:
            pages = self._client.receive_messages(
                messages_per_page=count, max_messages=count, visibility_timeout=lease_seconds
            ).by_page()
            try:
                return list(next(pages, ()))
            except ResourceNotFoundError:
                return []

        return await self._on_pool(receive)

    async def hide(self, message: QueueMessage, seconds: int) -> None:
        """Hide a received message for `seconds` from now; it keeps its content and gets a new pop receipt."""
        updated = await self._on_pool(lambda: self._client.update_message(message, visibility_timeout=seconds))
        message.pop_receipt = updated.pop_receipt

    async def delete(self, message: QueueMessage) -> None:
        """Delete a received message; it is not an error if it is already gone."""

        def delete() -> None:
            try:
                self._client.delete_message(message)
            except ResourceNotFoundError:
                return

        await self._on_pool(delete)

    async def send(self, content: str) -> None:
        """Send one message, creating the queue if necessary."""

        def send() -> None:
            try:
                self._client.send_message(content)
            except ResourceNotFoundError:
                self._client.create_queue()
                self._client.send_message(content)

        await self._on_pool(send)

    async def _on_pool(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    def close(self) -> None:
        """Close the connections to storage."""
        self._client.close()


class Storage:
    """The queues of an app's connections, each opened once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool = ThreadPoolExecutor(16, thread_name_prefix="storage")
        self._queues: dict[tuple[str, str], StorageQueue] = {}
        self._credentials: dict[str, DefaultAzureCredential] = {}

    def queue(self, source: str, name: str) -> StorageQueue:
        """Return the queue `name` of the connection `source`. Raises ValueError if its settings have no address."""
        if (source, name) not in self._queues:
            self._queues[source, name] = StorageQueue(self._client(source, name), self._pool)
        return self._queues[source, name]

    def _client(self, source: str, name: str) -> QueueClient:
        found = connection(source, self._settings)
        if found.get(""):
            return QueueClient.from_connection_string(found[""], name, **_RETRIES)
        account = found.get("accountName")
        address = found.get("queueServiceUri") or found.get("serviceUri")
        address = address or (account and f"https://{account}.queue.core.windows.net")
        if not address:
            raise ValueError(f"{source} needs a connection string, {source}__queueServiceUri or {source}__accountName")
        return QueueClient(address, name, self._credential(found.get("clientId", "")), **_RETRIES)

    def _credential(self, client_id: str) -> DefaultAzureCredential:
        if client_id not in self._credentials:
            chosen = {"managed_identity_client_id": client_id} if client_id else {}
            self._credentials[client_id] = DefaultAzureCredential(**chosen)
        return self._credentials[client_id]

    def close(self) -> None:
        """Close every connection; running calls finish on their own."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for queue in self._queues.values():
            queue.close()
        for credential in self._credentials.values():
            credential.close()
