"""The topic, its subscription and the deliveries under way. The clock is virtual; nothing is kept on disk."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

import aiohttp

from emulator.event_grid.history import Attempt, DeadLetter, History
from emulator.event_grid.options import RETRY_SCHEDULE, EventGridOptions
from emulator.event_grid.payload import spelt
from emulator.event_grid.webhook import Webhook

if TYPE_CHECKING:
    from datetime import datetime

    from emulator.clock import VirtualClock
    from emulator.resources import Json

_NEVER_AGAIN = {400, 401, 403, 413}


@dataclass(frozen=True, slots=True)
class _Letter:
    """An event on its way."""

    event: Json
    published: datetime


class EventGrid:
    """The events of one workspace. `options` may be changed while it runs; `history` tells what happened."""

    def __init__(self, clock: VirtualClock, options: EventGridOptions | None = None) -> None:
        self.options = options or EventGridOptions()
        self.history = History()
        self._clock = clock
        self._random = random.Random(self.options.seed)  # noqa: S311  (spreads retries, guards nothing)
        self._webhook: Webhook | None = None
        self._session: aiohttp.ClientSession | None = None
        self._deliveries: set[asyncio.Task[None]] = set()

    async def subscribe(self, url: str, key: str = "", topic: str = "") -> None:
        """Deliver from now on to the function host at `url`, whose system key for Event Grid is `key`.

        A second call moves the subscription: what is still being tried goes to the new address. Raises HandshakeError
        when the host does not answer the validation handshake; then all stays as it was.
        """
        webhook = Webhook(url, key, self.options.function)
        await webhook.shake_hands(self._connections(), topic, self.options.answer_seconds)
        self._webhook = webhook

    async def unsubscribe(self) -> None:
        """End the subscription; events still being tried are dropped."""
        self._webhook = None
        await self._cancel()

    async def publish(self, event: Json) -> None:
        """Take an event of the workspace and deliver it in the background, as `options` spell it; returns at once."""
        await self.publish_as_it_is(spelt(event, self.options))

    async def publish_as_it_is(self, event: Json) -> None:
        """Take any object and deliver it in the background without a look at what it says; returns at once."""
        if self._webhook is None:
            self.history.dropped.append(event)
            return
        letter = _Letter(event, self._clock.now())
        for _ in range(1 + self.options.duplicates):
            delivery = asyncio.create_task(self._deliver(letter))
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._deliveries.discard)

    async def settle(self) -> None:
        """Wait until every event published so far was taken, dropped or became a dead letter."""
        await asyncio.gather(*self._deliveries, return_exceptions=True)

    async def close(self) -> None:
        """Drop what is under way and close the connections."""
        await self._cancel()
        if self._session is not None:
            await self._session.close()

    async def _deliver(self, letter: _Letter) -> None:
        """Try until the event is taken or may not be tried again."""
        try:
            await self._pause(self.options.delay + self._random.uniform(0.0, self.options.reordering))
            number = 1
            while not await self._try(letter, number):
                step = RETRY_SCHEDULE[min(number, len(RETRY_SCHEDULE)) - 1]
                await self._pause(step * (1.0 + self._random.uniform(0.0, self.options.jitter)))
                number += 1
        except asyncio.CancelledError:
            self.history.dropped.append(letter.event)
            raise

    async def _try(self, letter: _Letter, number: int) -> bool:
        """Make one attempt; tell whether the event's way ends with it."""
        if self._webhook is None:
            self.history.dropped.append(letter.event)
            return True
        at = self._clock.now()
        status = await self._webhook.deliver(self._connections(), letter.event, number, self.options.answer_seconds)
        attempt = Attempt(str(letter.event.get("id")), at, number, status)
        self.history.attempts.append(attempt)
        reason = None if attempt.delivered else self._reason_to_stop(letter, attempt)
        if reason:
            self._bury(letter, attempt, reason)
        return attempt.delivered or reason is not None

    def _reason_to_stop(self, letter: _Letter, attempt: Attempt) -> str | None:
        """Return why the event may not be tried again after this attempt; None if it may."""
        if attempt.status in _NEVER_AGAIN:
            return "UndeliverableDueToClientError"
        if attempt.number >= self.options.attempts:
            return "MaxDeliveryAttemptsExceeded"
        if (self._clock.now() - letter.published).total_seconds() >= self.options.time_to_live:
            return "TimeToLiveExceeded"
        return None

    def _bury(self, letter: _Letter, attempt: Attempt, reason: str) -> None:
        """Make a dead letter of the event."""
        outcome = HTTPStatus(attempt.status).phrase if attempt.status else "Endpoint not reachable"
        buried = DeadLetter(letter.event, reason, attempt.number, outcome, letter.published, attempt.at)
        self.history.dead_letters.append(buried)

    def _connections(self) -> aiohttp.ClientSession:
        """Return the client session, opened at first use because that needs a running loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def _pause(self, virtual_seconds: float) -> None:
        await self._clock.sleep_until(self._clock.now() + timedelta(seconds=virtual_seconds))

    async def _cancel(self) -> None:
        """End every delivery under way."""
        deliveries = list(self._deliveries)
        for delivery in deliveries:
            delivery.cancel()
        await asyncio.gather(*deliveries, return_exceptions=True)
