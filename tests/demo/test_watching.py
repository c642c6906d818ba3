"""The demo's polling ends when it is cancelled."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import aiohttp

from cli.demo.clock import DemoClock
from cli.demo.stage import Stage


class Failing(Stage):
    """A stage whose requests fail while they are cancelled, as with a broken connection."""

    def __init__(self) -> None:
        self.clock, self.looking = DemoClock(None), asyncio.Event()

    async def _look(self) -> None:
        self.looking.set()
        with suppress(aiohttp.ClientError):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError as error:
                raise aiohttp.ClientConnectionError("connection reset") from error


def test_a_request_that_fails_while_it_is_cancelled_does_not_hide_the_cancellation() -> None:
    """Otherwise an interrupted demo would poll forever."""

    async def ends() -> bool:
        stage = Failing()
        watching = asyncio.create_task(stage.watch())
        await stage.looking.wait()
        watching.cancel()
        done, _ = await asyncio.wait([watching], timeout=5)
        watching.cancel()
        return bool(done)

    assert asyncio.run(ends())
