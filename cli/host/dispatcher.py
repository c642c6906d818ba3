"""One invocation from trigger to outputs: runs the function, writes its outputs, logs the result.

Every trigger goes through here, so limits, logs and draining are the same for all of them.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from cli.host.worker import Invocation, InvocationFailedError, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.functions.meta import Datum

    from cli.host.metadata import FunctionMetadata
    from cli.host.worker import Worker
    from emulator.clock import VirtualClock

log = logging.getLogger("cli.host")

USUAL_LENGTH = timedelta(seconds=20)  # per invocation, on the host's clock; a paced clock slows down for longer ones


class OutputWriter(Protocol):
    """Writes the values of a function's output bindings to their destinations."""

    async def write(self, function: FunctionMetadata, outcome: Outcome) -> None:
        """Write every output. Any exception fails the invocation."""


class Dispatcher:
    """Runs invocations and tracks the running ones. `timeout_seconds` is in wall seconds; None means no limit.

    A paced `clock` slows down during long invocations.
    """

    def __init__(
        self, worker: Worker, writer: OutputWriter, timeout_seconds: float | None, clock: VirtualClock
    ) -> None:
        self._worker = worker
        self._writer = writer
        self._timeout = timeout_seconds
        self._clock = clock
        self._running: set[asyncio.Task[Outcome]] = set()

    async def run(
        self, function: FunctionMetadata, datum: Datum, trigger_metadata: Mapping[str, Datum] | None = None
    ) -> Outcome:
        """Run one function on its trigger's value. Raises InvocationFailedError, already logged.

        As in Azure, the invocation runs to its end even if the caller disconnects.
        """
        invocation = Invocation(
            function.name, str(uuid.uuid4()), {str(function.trigger["name"]): datum}, trigger_metadata or {}
        )
        task = asyncio.create_task(self._timed(function, invocation))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Outcome]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved here because a caller that disconnected never will

    async def _timed(self, function: FunctionMetadata, invocation: Invocation) -> Outcome:
        started = time.perf_counter()
        try:
            with self._clock.work_due(self._clock.now() + USUAL_LENGTH):
                outcome = await self._complete(function, invocation)
        except InvocationFailedError as error:
            _logged(invocation, "failed", started, error)
            raise
        _logged(invocation, "succeeded", started)
        return outcome

    async def _complete(self, function: FunctionMetadata, invocation: Invocation) -> Outcome:
        try:
            async with asyncio.timeout(self._timeout):
                outcome = await self._worker.invoke(invocation)
        except TimeoutError as error:
            message = f"FunctionTimeout: it ran longer than functionTimeout ({self._timeout:g} s)"
            raise InvocationFailedError(message) from error
        try:
            await self._writer.write(function, outcome)
        except Exception as error:
            raise InvocationFailedError(f"an output could not be written: {type(error).__name__}: {error}") from error
        return outcome

    async def drain(self, seconds: float) -> int:
        """Wait up to `seconds` for running invocations; return how many are still running."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        left = list(self._running)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        return len(left)


def _logged(invocation: Invocation, outcome: str, started: float, error: InvocationFailedError | None = None) -> None:
    milliseconds = round((time.perf_counter() - started) * 1000)
    line = f"{invocation.function} {outcome} in {milliseconds} ms (id {invocation.id})"
    if error is None:
        log.info("%s", line)
    else:
        log.error("%s: %s%s", line, error, f"\n{error.traceback.rstrip()}" if error.traceback else "")
