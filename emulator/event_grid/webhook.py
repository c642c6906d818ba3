"""The subscriber: the webhook of a function host's Event Grid extension. Posts and reads statuses; decides nothing."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import aiohttp

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from emulator.resources import Json


class HandshakeError(Exception):
    """The subscriber did not prove that it wants the events; the message says what it answered."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """`url` is the function host's address, `key` its system key for Event Grid (or empty), `function` the target."""

    url: str
    key: str
    function: str

    @property
    def address(self) -> str:
        """The full address, with the key in it: not for logs."""
        query = {"functionName": self.function} | ({"code": self.key} if self.key else {})
        return f"{self.url.rstrip('/')}/runtime/webhooks/EventGrid?{urlencode(query)}"

    async def shake_hands(self, session: aiohttp.ClientSession, topic: str, patience: float) -> None:
        """Do the validation handshake within `patience` wall seconds. Raises HandshakeError when it fails."""
        code = str(uuid.uuid4())
        event = {
            "id": str(uuid.uuid4()),
            "topic": topic,
            "subject": "",
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
            "data": {"validationCode": code},
        }
        try:
            async with self._post(session, [event], "SubscriptionValidation", 0, patience) as answer:
                said = await answer.json(content_type=None) if answer.status == 200 else None
                if not isinstance(said, dict) or said.get("validationResponse") != code:
                    raise HandshakeError(f"The webhook answered {answer.status} without the validation code.")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            what = f"{self.url} did not answer Event Grid's handshake ({type(error).__name__})"
            raise HandshakeError(what) from error  # the error's own words may hold the address, and so the key

    async def deliver(self, session: aiohttp.ClientSession, event: Json, number: int, patience: float) -> int | None:
        """Post one event as its `number`-th try (from 1); return the status, None without an answer in time."""
        try:
            async with self._post(session, [event], "Notification", number - 1, patience) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return None

    def _post(
        self, session: aiohttp.ClientSession, events: list[Json], kind: str, count: int, patience: float
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        headers = {"aeg-event-type": kind, "aeg-delivery-count": str(count), "aeg-subscription-name": self.function}
        timeout = aiohttp.ClientTimeout(total=patience)
        return session.post(self.address, json=events, headers=headers, timeout=timeout)
