"""The demo's processes: services that report when they are ready, and programs that run to completion.

Each has its own log file and session, so Ctrl-C reaches only the demo, which stops them in order. A service also exits
when its standard input closes, so even a killed demo leaves none behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

READY_SECONDS = 600.0
STOP_SECONDS = 60.0
TAIL_LINES = 15
# What ends the demo: Ctrl-C, `kill`, or closing the terminal (unless nohup ignores that).
STOP_SIGNALS = tuple(
    each
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    if each is not signal.SIGHUP or signal.getsignal(each) is not signal.SIG_IGN
)


class ProcessFailedError(Exception):
    """A program failed, or a service did not become ready. The message has the last lines of its log."""


@dataclass(slots=True)
class Processes:
    """An async context manager that stops all its processes on exit."""

    logs: Path
    environment: Mapping[str, str]
    _running: list[Process] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the processes, newest first."""
        while self._running:
            await stop(self._running.pop())

    async def serve(self, name: str, command: Sequence[str], **more: str) -> dict[str, Any]:
        """Start a service and return its ready report. Raises ProcessFailedError."""
        process = await self._start(name, command, more, PIPE)
        line = await self._first_line(process)
        if not line:
            await stop(process)
            self._running.remove(process)
            raise ProcessFailedError(self._problem(f"{name} did not become ready", name))
        return dict(json.loads(line))

    async def begin(self, name: str, command: Sequence[str], **more: str) -> Process:
        """Start a service that sends no ready report."""
        return await self._start(name, command, more, None)

    async def run(self, name: str, command: Sequence[str], **more: str) -> None:
        """Run a program to completion. Raises ProcessFailedError if its exit code is not 0."""
        process = await self._start(name, command, more, None)
        code = await process.wait()
        self._running.remove(process)
        await stop(process)
        if code:
            raise ProcessFailedError(self._problem(f"{name} ended with exit code {code}", name))

    async def _start(self, name: str, command: Sequence[str], more: Mapping[str, str], output: int | None) -> Process:
        with (self.logs / f"{name}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command,
                env={**self.environment, **more},
                stdin=PIPE,
                stdout=log if output is None else output,
                stderr=log if output is not None else STDOUT,
                start_new_session=True,
            )
        self._running.append(process)
        return process

    @staticmethod
    async def _first_line(process: Process) -> bytes:
        if process.stdout is None:
            return b""
        try:
            return await asyncio.wait_for(process.stdout.readline(), READY_SECONDS)
        except TimeoutError:
            return b""

    def _problem(self, what: str, name: str) -> str:
        path = self.logs / f"{name}.log"
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        return "\n".join([f"{what}; the end of {path}:", *(f"  {line}" for line in lines)])


async def stop(process: Process) -> None:
    """Stop a process if it is running: close its input and send SIGTERM, then kill it after a minute."""
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
