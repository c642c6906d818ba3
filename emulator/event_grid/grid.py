"""The topic, its subscription and the deliveries in progress. Times are virtual; nothing is stored on disk."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp

from emulator.clock import VirtualClock
from emulator.event_grid.history import Attempt, DeadLetter, History
from emulator.event_grid.options import RETRY_SCHEDULE, EventGridOptions
from emulator.event_grid.payload import payload
from emulator.event_grid.webhook import Webhook
from emulator.resources import Json

_NOT_RETRIED = {400, 401, 403, 413}


@dataclass(frozen=True, slots=True)
class _Published:
    """An event that is being delivered."""

    event: Json
    moment: datetime


class EventGrid:
    """The events of one workspace. `options` may change while it runs; `history` records what happened."""

    def __init__(self, clock: VirtualClock, options: EventGridOptions | None = None) -> None:
        self.options = options or EventGridOptions()
        self.history = History()
        self._clock = clock
        self._random = random.Random(self.options.seed)  # noqa: S311  # spreads retries; not for security
        self._webhook: Webhook | None = None
        self._session: aiohttp.ClientSession | None = None
        self._deliveries: set[asyncio.Task[None]] = set()

    async def subscribe(self, url: str, key: str = "", topic: str = "") -> None:
        """Deliver to the function host at `url` from now on; `key` is its system key for Event Grid.

        A second call moves the subscription: pending retries go to the new address. Raises HandshakeError, and leaves
        the old subscription in place, if the host does not answer the validation handshake.
        """
        webhook = Webhook(url, key, self.options.function)
        await webhook.validate(self._connections(), topic, self.options.answer_seconds)
        self._webhook = webhook

    async def unsubscribe(self) -> None:
        """End the subscription; events that are still being delivered are dropped."""
        self._webhook = None
        await self._cancel()

    async def publish(self, event: Json) -> None:
        """Deliver an event of the workspace in the background, in the form that `options` select."""
        await self.publish_unchanged(payload(event, self.options))

    async def publish_unchanged(self, event: Json) -> None:
        """Deliver any object in the background, exactly as it is."""
        if self._webhook is None:
            self.history.dropped.append(event)
            return
        published = _Published(event, self._clock.now())
        for _ in range(1 + self.options.duplicates):
            delivery = asyncio.create_task(self._deliver(published))
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._deliveries.discard)

    async def settle(self) -> None:
        """Wait until every event published so far is delivered, dropped or a dead letter."""
        await asyncio.gather(*self._deliveries, return_exceptions=True)

    async def close(self) -> None:
        """Drop the deliveries in progress and close the connections."""
        await self._cancel()
        if self._session is not None:
            await self._session.close()

    async def _deliver(self, published: _Published) -> None:
        """Retry until the event is delivered or becomes a dead letter."""
        try:
            await self._pause(self.options.delay + self._random.uniform(0.0, self.options.reordering))
            number = 1
            while not await self._attempt(published, number):
                step = RETRY_SCHEDULE[min(number, len(RETRY_SCHEDULE)) - 1]
                await self._pause(step * (1.0 + self._random.uniform(0.0, self.options.jitter)))
                number += 1
        except asyncio.CancelledError:
            self.history.dropped.append(published.event)
            raise

    async def _attempt(self, published: _Published, number: int) -> bool:
        """Make one attempt. Return whether it was the last one."""
        if self._webhook is None:
            self.history.dropped.append(published.event)
            return True
        at = self._clock.now()
        status = await self._webhook.deliver(self._connections(), published.event, number, self.options.answer_seconds)
        attempt = Attempt(str(published.event.get("id")), at, number, status)
        self.history.attempts.append(attempt)
        reason = None if attempt.delivered else self._reason_to_stop(published, attempt)
        if reason:
            self.history.dead_letters.append(DeadLetter(published.event, reason, number))
        return attempt.delivered or reason is not None

    def _reason_to_stop(self, published: _Published, attempt: Attempt) -> str | None:
        """Return why the event is not retried after this failed attempt, or None if it is."""
        if attempt.status in _NOT_RETRIED:
            return "UndeliverableDueToClientError"
        if attempt.number >= self.options.attempts:
            return "MaxDeliveryAttemptsExceeded"
        if (self._clock.now() - published.moment).total_seconds() >= self.options.time_to_live:
            return "TimeToLiveExceeded"
        return None

    def _connections(self) -> aiohttp.ClientSession:
        """Return the client session, which is opened on first use because that needs a running loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def _pause(self, virtual_seconds: float) -> None:
        await self._clock.sleep_until(self._clock.now() + timedelta(seconds=virtual_seconds))

    async def _cancel(self) -> None:
        """Cancel every delivery in progress."""
        deliveries = list(self._deliveries)
        for delivery in deliveries:
            delivery.cancel()
        await asyncio.gather(*deliveries, return_exceptions=True)
