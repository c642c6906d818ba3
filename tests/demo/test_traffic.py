"""The traffic generator sends the given rows at the given rate and records the answers."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from cli.demo.options import ROOT
from cli.demo.samples import NO_ANSWER, Sample, SampleFile
from cli.demo.traffic import DEPLOYMENT_HEADER, KEY, TRAFFIC_COMMAND, shuffled

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
RATE = 3000  # requests per minute
ROWS = [b'{"data": [[1]]}', b'{"data": [[2]]}']


def test_every_row_is_sent_once_per_round() -> None:
    """No row is skipped, and the order changes."""
    rounds = list(islice(shuffled(50), 100))
    assert sorted(rounds[:50]) == sorted(rounds[50:]) == list(range(50))
    assert rounds[:50] != rounds[50:]


def test_requests_are_sent_with_the_key_and_their_answers_recorded(tmp_path: Path) -> None:
    """Row, status and deployment match the server's; the generator stops when its standard input closes."""
    seen: list[tuple[str, bytes]] = []

    async def answer(request: web.Request) -> web.Response:
        body = await request.read()
        seen.append((request.headers["Authorization"], body))
        return web.Response(status=200 if body == ROWS[0] else 424, headers={DEPLOYMENT_HEADER: "green"})

    samples = asyncio.run(_send(tmp_path, answer, enough=10))
    assert {(each.row, each.status, each.deployment) for each in samples} == {(0, 200, "green"), (1, 424, "green")}
    assert {key for key, _ in seen} == {"Bearer secret"}
    assert {body for _, body in seen} == set(ROWS)
    assert len(seen) == len(samples)


def test_a_dropped_connection_is_recorded_as_no_answer(tmp_path: Path) -> None:
    """Nothing is retried, and nothing is missing."""

    async def drop(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    samples = asyncio.run(_send(tmp_path, drop, enough=5))
    assert {(each.status, each.deployment) for each in samples} == {(NO_ANSWER, "")}


def test_the_rate_is_per_minute_of_the_clock(tmp_path: Path) -> None:
    """While the clock stands still only the first request is sent, and none is sent early."""
    start, clock = 1_800_000_000.0, tmp_path / "clock"
    clock.write_text(f"60\n{time.time():.6f} {start:.6f}\n")

    seen: list[web.Request] = []

    async def run_the_clock(request: web.Request) -> web.Response:
        seen.append(request)
        if len(seen) == 1:
            now, draft = time.time(), tmp_path / "draft"
            draft.write_text(f"60\n{now:.6f} {start:.6f}\n{now + 1000:.6f} {start + 1000:.6f}\n")
            draft.replace(clock)
        return web.Response()

    samples = asyncio.run(_send(tmp_path, run_the_clock, enough=10, TEAL_CLOCK=str(clock)))
    sent = sorted(sample.sent for sample in samples)
    assert sent[0] == start
    assert all(moment >= start + number * 60 / RATE - 1e-3 for number, moment in enumerate(sent))


async def _send(folder: Path, answer: Answer, *, enough: int, **environment: str) -> list[Sample]:
    """Run the generator until it has recorded `enough` samples, end its input, and return all samples."""
    (folder / "rows").write_bytes(b"\n".join(ROWS) + b"\n")
    file = SampleFile(folder / "samples")
    async with _server(answer) as uri:
        process = await asyncio.create_subprocess_exec(
            *TRAFFIC_COMMAND,
            *(uri, str(folder / "rows"), str(file.path), str(RATE)),
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), KEY: "secret", **environment},
            stdin=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(300):
            while len(file.read()) < enough:  # noqa: ASYNC110  # a file does not say when it grows
                await asyncio.sleep(0.02)
            assert process.stdin is not None
            process.stdin.close()
            assert await process.wait() == 0
    return file.read()


@asynccontextmanager
async def _server(answer: Answer) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_post("/score", answer)
    async with TestServer(application, host="127.0.0.1") as server:
        yield str(server.make_url("/score"))
