"""Live traffic: sends rows of the data set to the endpoint at a steady rate until told to stop. A process of its own.

Each answer becomes one line of the file given (see `samples.py`). It is open-loop: a slow answer delays no later
request, so the rate is the users' and not the server's. It never retries: a failed request is a failed request.
`python -m cli.demo.traffic URI REQUESTS SAMPLES RATE`, with the endpoint's key in the environment as SCORING_KEY.
"""

from __future__ import annotations

import asyncio
import contextlib
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

from cli.demo.samples import NO_ANSWER, Sample

KEY = "SCORING_KEY"
TRAFFIC_COMMAND = (sys.executable, "-m", "cli.demo.traffic")
DEPLOYMENT_HEADER = "azureml-model-deployment"
TIMEOUT = aiohttp.ClientTimeout(total=10)
LAST_ANSWERS = 5.0  # seconds that the requests under way get at the end


@dataclass(slots=True)
class Sender:
    """Sends requests and writes down what became of each."""

    session: aiohttp.ClientSession
    uri: str
    rows: list[bytes]
    samples: TextIO

    async def run(self, rate: float, stop: asyncio.Event) -> None:
        """Send `rate` requests a second until `stop` is set, then wait for the last answers."""
        under_way: set[asyncio.Task[None]] = set()
        began = time.monotonic()
        for number, row in enumerate(shuffled(len(self.rows))):
            due = began + number / rate - time.monotonic()
            if due > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), due)
            if stop.is_set():
                break
            task = asyncio.create_task(self._send(row))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        if under_way:
            await asyncio.wait(under_way, timeout=LAST_ANSWERS)

    async def _send(self, row: int) -> None:
        sent = time.time()
        status, deployment = await self._answer(self.rows[row])
        self.samples.write(Sample(sent, time.time() - sent, row, status, deployment).line())

    async def _answer(self, body: bytes) -> tuple[int, str]:
        try:
            async with self.session.post(self.uri, data=body) as answer:
                await answer.read()
                return answer.status, answer.headers.get(DEPLOYMENT_HEADER, "")
        except (aiohttp.ClientError, TimeoutError):
            return NO_ANSWER, ""


def shuffled(count: int) -> Iterator[int]:
    """Yield the numbers below `count` for ever, each once a round, in an order that is new each round."""
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
    rows = requests.read_bytes().splitlines()  # noqa: ASYNC240  # before there is anything to hold up
    with samples.open("w", buffering=1, encoding="utf-8") as file:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        async with aiohttp.ClientSession(
            trust_env=True, headers=headers, timeout=TIMEOUT, connector=connector
        ) as session:
            await Sender(session, uri, rows, file).run(rate, stop)


def _end_at_eof(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        stop.set()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])))
