"""Live traffic: a process that sends rows of the data set to the endpoint at a steady rate until stopped.

The rate is per minute of the clock in TEAL_CLOCK (the wall clock if unset): a slower clock means fewer requests per
second but as many per clock minute. The traffic is open-loop: a slow response delays no later request, and failed
requests are not retried. Each response becomes one line of the SAMPLES file (see `samples.py`).

Usage: `python -m cli.demo.traffic URI REQUESTS SAMPLES RATE`, with the endpoint's key in the environment variable
SCORING_KEY.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import aiohttp

from cli.demo.clock import MINUTE, DemoClock
from cli.demo.samples import NO_ANSWER, Sample

KEY = "SCORING_KEY"
TRAFFIC_COMMAND = (sys.executable, "-m", "cli.demo.traffic")
DEPLOYMENT_HEADER = "azureml-model-deployment"
TIMEOUT = aiohttp.ClientTimeout(
    total=120
)  # longer than the endpoint's own: a busy machine must not look like a failed request
PROMPT_SECONDS = 1.5  # wall time within which a response does not slow the clock
LAST_ANSWERS = 5.0  # wall seconds to wait for pending requests at the end


@dataclass(slots=True)
class Sender:
    """Sends requests and records their outcomes."""

    session: aiohttp.ClientSession
    uri: str
    rows: list[bytes]
    samples: TextIO
    clock: DemoClock

    async def run(self, rate: float, stop: asyncio.Event) -> None:
        """Send `rate` requests per clock minute until `stop` is set, then wait for the last responses."""
        pending: set[asyncio.Task[None]] = set()
        stopped = asyncio.create_task(stop.wait())
        began = self.clock.now()
        for number, row in enumerate(shuffled(len(self.rows))):
            if await self._stopped_before(began + number * MINUTE / rate, stopped):
                break
            task = asyncio.create_task(self._send(row))
            pending.add(task)
            task.add_done_callback(pending.discard)
        if pending:
            await asyncio.wait(pending, timeout=LAST_ANSWERS)

    async def _stopped_before(self, due: float, stopped: asyncio.Task[bool]) -> bool:
        """Wait until the next request is due; return whether the traffic was stopped before that."""
        with self.clock.work_due(due):
            waiting = asyncio.create_task(self.clock.sleep_until(due))
            await asyncio.wait({waiting, stopped}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
        return stopped.done()

    async def _send(self, row: int) -> None:
        began, sent = time.monotonic(), self.clock.now()
        with self.clock.work_due(sent + PROMPT_SECONDS * self.clock.speed):
            status, deployment = await self._answer(self.rows[row])
        self.samples.write(Sample(sent, time.monotonic() - began, row, status, deployment).line())

    async def _answer(self, body: bytes) -> tuple[int, str]:
        try:
            async with self.session.post(self.uri, data=body) as answer:
                await answer.read()
                return answer.status, answer.headers.get(DEPLOYMENT_HEADER, "")
        except (aiohttp.ClientError, TimeoutError):
            return NO_ANSWER, ""


def shuffled(count: int) -> Iterator[int]:
    """Yield the numbers below `count` forever, reshuffled in every round."""
    dice = random.Random(1)  # noqa: S311  # an order, not a secret
    order = list(range(count))
    while True:
        dice.shuffle(order)
        yield from order


async def _main(uri: str, requests: Path, samples: Path, rate: float) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_reader(sys.stdin, _end_at_eof, stop)
    headers = {"Authorization": f"Bearer {os.environ[KEY]}", "Content-Type": "application/json"}
    rows = requests.read_bytes().splitlines()  # noqa: ASYNC240  # before there is anything to delay
    with samples.open("w", buffering=1, encoding="utf-8") as file:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        async with aiohttp.ClientSession(
            trust_env=True, headers=headers, timeout=TIMEOUT, connector=connector
        ) as session:
            await Sender(session, uri, rows, file, DemoClock.of(os.environ)).run(rate, stop)


def _end_at_eof(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        stop.set()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])))
