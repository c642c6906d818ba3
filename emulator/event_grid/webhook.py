"""The subscriber: the webhook of a function host's Event Grid extension. Posts events and reports the statuses."""

from __future__ import annotations

import uuid
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from emulator.resources import Json


class HandshakeError(Exception):
    """The subscriber did not complete the validation handshake; the message says what it answered."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """`url` is the function host, `key` its system key for Event Grid (or empty), `function` the target function."""

    url: str
    key: str
    function: str

    @property
    def address(self) -> str:
        """The full address. It includes the key, so keep it out of logs."""
        query = {"functionName": self.function} | ({"code": self.key} if self.key else {})
        return f"{self.url.rstrip('/')}/runtime/webhooks/EventGrid?{urlencode(query)}"

    async def validate(self, session: aiohttp.ClientSession, topic: str, time_limit: float) -> None:
        """Complete the validation handshake within `time_limit` wall-clock seconds, or raise HandshakeError."""
        code = str(uuid.uuid4())
        event = {
            "id": str(uuid.uuid4()),
            "topic": topic,
            "subject": "",
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
            "data": {"validationCode": code},
        }
        try:
            async with self._post(session, event, "SubscriptionValidation", 0, time_limit) as answer:
                body = await answer.json(content_type=None) if answer.status == 200 else None
                if not isinstance(body, dict) or body.get("validationResponse") != code:
                    raise HandshakeError(f"The webhook answered {answer.status} without the validation code.")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            message = f"{self.url} did not answer Event Grid's handshake ({type(error).__name__})"
            raise HandshakeError(message) from error  # the error's own message may contain the address, and so the key

    async def deliver(self, session: aiohttp.ClientSession, event: Json, number: int, time_limit: float) -> int | None:
        """Post one event as attempt `number` (from 1). Return the status, or None if there was no answer in time."""
        try:
            async with self._post(session, event, "Notification", number - 1, time_limit) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return None

    def _post(
        self, session: aiohttp.ClientSession, event: Json, kind: str, count: int, time_limit: float
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        headers = {"aeg-event-type": kind, "aeg-delivery-count": str(count), "aeg-subscription-name": self.function}
        timeout = aiohttp.ClientTimeout(total=time_limit)
        return session.post(self.address, json=[event], headers=headers, timeout=timeout)
