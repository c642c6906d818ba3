"""The demo from start to clean-up: start the services, run the scenes, write the results, stop everything.

However it ends, nothing keeps running and `.state/demo` is removed.
"""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import asdict

import aiohttp
from rich.console import Console

from cli.demo.api import ApiError, Json
from cli.demo.azure import EndpointReader, sign_in
from cli.demo.checks import SceneFailedError
from cli.demo.clock import DemoClock
from cli.demo.cloud import child_environment, start_azure
from cli.demo.keeping import keep_serving
from cli.demo.options import ENDPOINT, EXAMPLE, DemoOptions
from cli.demo.processes import STOP_SIGNALS, Processes, ProcessFailedError
from cli.demo.results import Performance, present
from cli.demo.samples import SampleFile
from cli.demo.scenes import SCENES, play
from cli.demo.screen import TITLES, Screen
from cli.demo.stage import Stage
from cli.demo.workplace import WorkplaceError, workplace

PASSED, FAILED, NOT_SET_UP, INTERRUPTED = 0, 1, 3, 130
TROUBLE = (ProcessFailedError, SceneFailedError, ApiError, aiohttp.ClientError, TimeoutError)


def run(options: DemoOptions, console: Console) -> int:
    """Run the demo. Return 0 if every scene passed, 1 if not, 3 if set-up is missing, 130 after Ctrl-C."""
    if options.missing:
        console.print(f"{options.missing[0]} is missing: run `make setup` first")
        return NOT_SET_UP
    try:
        with workplace(options):
            return asyncio.run(_until_stopped(_perform(options, Screen(console, options.speed))))
    except WorkplaceError as error:
        console.print(str(error))
        return FAILED
    except asyncio.CancelledError:
        console.print("Stopped; nothing is left running.")
        return INTERRUPTED


async def _until_stopped(performance: Coroutine[None, None, int]) -> int:
    """Run the demo; the first stop signal cancels it, which cleans everything up, and later ones are ignored."""
    task = asyncio.ensure_future(performance)
    received: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        if not received:
            task.cancel()
        received.append(number)

    for each in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(each, stop, each)
    return await task


async def _perform(options: DemoOptions, screen: Screen) -> int:
    async with AsyncExitStack() as stack:
        processes = await stack.enter_async_context(Processes(options.logs, child_environment(options)))
        try:
            with screen.drawn():
                stage = await _prepare(stack, processes, options, screen)
                performance = await _play_all(stage)
        except TROUBLE as error:
            screen.failed(str(error), options.logs)
            return FAILED
        passed = present(stage, performance)
        if passed and options.keep:
            await keep_serving(stage)
        return PASSED if passed else FAILED


async def _prepare(stack: AsyncExitStack, processes: Processes, options: DemoOptions, screen: Screen) -> Stage:
    screen.opening()
    train = [str(options.serving), str(EXAMPLE / "train.py"), str(options.trained)]
    _, azure = await asyncio.gather(processes.run("train", train), start_azure(processes, options))
    trust = ssl.create_default_context(cafile=azure.environment["REQUESTS_CA_BUNDLE"])
    session = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)))
    identity = f"{azure.workspace_id}/onlineEndpoints/{ENDPOINT}"
    token = await asyncio.to_thread(sign_in, azure.environment)
    reader = EndpointReader(session, azure.environment["HTTPS_PROXY"], identity, token)
    versions = json.loads((options.trained / "versions.json").read_text(encoding="utf-8"))
    samples = SampleFile(options.out / "requests.txt")
    clock = DemoClock.of({"TEAL_CLOCK": azure.names["clock"]})
    return Stage(options, processes, screen, session, azure, clock, reader, samples, versions=versions)


async def _play_all(stage: Stage) -> Performance:
    began = time.monotonic()
    performance = Performance(began=stage.clock.now())
    watching = asyncio.create_task(stage.watch())
    try:
        for number in range(1, len(SCENES) + 1):
            record = await _play(stage, number)
            performance.scenes.append(record)
            if not record["passed"]:
                break
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    performance.ended = stage.clock.now()
    performance.seconds = time.monotonic() - began
    return performance


async def _play(stage: Stage, number: int) -> Json:
    """Run one scene and return its record."""
    began = time.monotonic()
    problem = None
    try:
        await play(stage, number)
    except TROUBLE as error:
        problem = str(error)
        stage.screen.failed(problem, stage.options.logs)
    checks = stage.checks[number].done
    return {
        "title": TITLES[number - 1],
        "passed": problem is None,
        "problem": problem,
        "seconds": round(time.monotonic() - began, 1),
        "checks": [asdict(check) for check in checks],
    }
