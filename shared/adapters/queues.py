"""Puts wake-ups on the Storage queue that triggers the reconciling function. Write-only."""

from __future__ import annotations

import json
from contextlib import suppress

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient

from shared.adapters.faults import azure_faults
from shared.core.endpoint_id import EndpointId

# A wake-up that old is useless: the timer has fired many times since.
LIFETIME_SECONDS = 3600


class QueueWakeups:
    """The port Wakeups. The client encodes messages as base64, which is what the Functions host decodes."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

    def wake(self, endpoint: EndpointId) -> None:
        """Have the endpoint reconciled soon. Infrastructure creates the queue; if it is missing, it is created here."""
        message = json.dumps({"workspace": endpoint.workspace, "endpoint": endpoint.name})
        with azure_faults(f"wake {endpoint}"):
            try:
                self._send(message)
            except ResourceNotFoundError:
                with suppress(ResourceExistsError):  # another instance may have just created it
                    self._client.create_queue()
                self._send(message)

    def _send(self, message: str) -> None:
        self._client.send_message(message, time_to_live=LIFETIME_SECONDS)
