"""The development host: connects worker, triggers and server, and starts and stops them in order.

async with FunctionHost(Configuration(Path("."))) as host:
    print(host.url)
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from cli.host import checks, keys, options, settings
from cli.host.admin import Admin
from cli.host.clock import clock_of
from cli.host.converter_worker import ConverterWorker
from cli.host.dispatcher import Dispatcher
from cli.host.event_grid import EventGridWebhook
from cli.host.http_trigger import HttpTriggers
from cli.host.listeners import Dependencies, Listeners
from cli.host.metadata import FunctionMetadata, Json, kind
from cli.host.microsoft_worker import MicrosoftWorker
from cli.host.queue_output import QueueOutputs
from cli.host.server import BODY_LIMIT, BODY_LIMIT_SETTING, Fronts, Server
from cli.host.storage import Storage
from cli.host.timer import TimerStore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cli.host.worker import Worker
    from emulator.clock import VirtualClock

log = logging.getLogger("cli.host")

STARTED_WITHIN = timedelta(minutes=1)  # on the host's clock; a paced clock slows down if starting takes longer

WORKERS: dict[str, type[ConverterWorker | MicrosoftWorker]] = {
    "converters": ConverterWorker,
    "microsoft": MicrosoftWorker,
}


class RefusedError(Exception):
    """The real host would not run this app; `problems` lists every reason."""

    def __init__(self, problems: Sequence[object]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class Configuration:
    """How to run an app. `port` 0 picks a free one; `state` is the directory for keys and timers (None: not kept).

    `drain_seconds` limits how long shutdown waits for running invocations (wall seconds).
    """

    app: Path
    port: int = 0
    state: Path | None = None
    worker: str = "converters"
    drain_seconds: float = 10.0


class FunctionHost:
    """Runs one function app while entered. Entering raises RefusedError, IndexingError, ValueError or OSError."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._settings = settings.load(configuration.app, os.environ)
        self._storage = Storage(self._settings)
        threads = self._settings.get("PYTHON_THREADPOOL_THREAD_COUNT")
        self._worker: Worker = WORKERS[configuration.worker](configuration.app, int(threads) if threads else None)
        self.functions: dict[str, FunctionMetadata] = {}
        self.keys = keys.Keys()
        self.url = ""
        self.route_prefix = ""
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._stack.callback(self._worker.close)
        self._stack.push_async_callback(asyncio.to_thread, self._storage.close)
        async with self._stack:
            clock = clock_of(self._settings)
            with clock.work_due(clock.now() + STARTED_WITHIN):
                await self._start(clock)
            self._stack = self._stack.pop_all()
        return self

    async def _start(self, clock: VirtualClock) -> None:
        for name, value in self._settings.items():
            os.environ.setdefault(name, value)  # the app reads its settings from there
        host_json = options.overridden(_host_json(self._configuration.app), self._settings)
        found = await asyncio.to_thread(self._worker.index)
        refusals = checks.problems(found, host_json, self._settings)
        if refusals:
            raise RefusedError(refusals)
        for warning in checks.warnings(found):
            log.warning("%s", warning)
        self.functions = {item.name: item for item in found if not settings.is_disabled(item.name, self._settings)}
        state = self._configuration.state
        self.keys = keys.load(state / "keys.json" if state else None, self.functions)
        await self._listen(options.read(host_json), clock)

    async def _listen(self, chosen: options.HostOptions, clock: VirtualClock) -> None:
        state = self._configuration.state
        timers = TimerStore(state / "timers.json" if state else None)
        timers.load()
        around = Dependencies(self._settings, chosen.queues, self._storage, timers, clock)
        listeners = Listeners(around)
        writer = QueueOutputs(self._storage, self._settings, listeners.wake, as_base64=chosen.queues.base64)
        timeout = chosen.function_timeout
        dispatcher = Dispatcher(self._worker, writer, timeout.total_seconds() if timeout else None, clock)
        self.route_prefix = chosen.route_prefix
        server = Server(self._fronts(dispatcher))
        self._stack.push_async_callback(server.stop)
        self.url = f"http://127.0.0.1:{await server.start(self._configuration.port)}"
        self._stack.push_async_callback(self._finish, server, listeners, dispatcher)
        listeners.start(list(self.functions.values()), dispatcher)

    def _fronts(self, dispatcher: Dispatcher) -> Fronts:
        http = [function for function in self.functions.values() if kind(function.trigger) == "httptrigger"]
        events = [function for function in self.functions.values() if kind(function.trigger) == "eventgridtrigger"]
        return Fronts(
            HttpTriggers(http, self.route_prefix, self.keys, dispatcher),
            EventGridWebhook(events, self.keys, dispatcher),
            Admin(self.functions, self.keys, dispatcher),
            int(self._settings.get(BODY_LIMIT_SETTING) or BODY_LIMIT),
        )

    async def _finish(self, server: Server, listeners: Listeners, dispatcher: Dispatcher) -> None:
        """Start nothing new and let running invocations end, within the limit."""
        await server.refuse()
        listeners.stop()
        left = await dispatcher.drain(self._configuration.drain_seconds)
        if left:
            log.warning("%d invocations were still running and were abandoned", left)
        await listeners.ended(self._configuration.drain_seconds)

    async def __aexit__(self, *_reason: object) -> None:
        await self._stack.aclose()


def _host_json(app: Path) -> Json:
    path = app / "host.json"
    if not path.exists():
        raise ValueError(f"{path} does not exist")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RefusedError([f"{path} is not JSON: {error}"]) from error
    if not isinstance(content, dict):
        raise RefusedError([f"{path} must hold a JSON object"])
    return content
