"""One instance of a deployment: a process of a model server on a port of 127.0.0.1. It never restarts itself."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from emulator.serving.container import Container

LAUNCHER = Path(__file__).with_name("launcher.py")
DRAIN_SECONDS = 5.0
STOP_SECONDS = 10.0


@dataclass(slots=True, eq=False)
class Instance:
    """A running process. The gateway counts its requests here: `in_flight` now, `last_used` for taking turns."""

    port: int
    process: Process
    in_flight: int = 0
    last_used: int = 0
    stopping: bool = False
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """The server's address, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def exited(self) -> bool:
        """Whether the process has ended."""
        return self.process.returncode is not None

    def take(self, turn: int) -> None:
        """Count a request that is sent to the process; `turn` grows with every request of the deployment."""
        self.in_flight += 1
        self.last_used = turn
        self._idle.clear()

    def give_back(self) -> None:
        """Count a request as answered or given up."""
        self.in_flight -= 1
        if self.in_flight == 0:
            self._idle.set()

    async def stop(self) -> None:
        """Let requests in flight finish (5 s of wall time at most), then end the process and wait until it is gone."""
        self.stopping = True
        if self.in_flight and not self.exited:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), DRAIN_SECONDS)
        await self._end()

    async def discard(self) -> None:
        """End the process at once: it never took a request."""
        self.stopping = True
        await self._kill()
        self._let_go()

    async def _end(self) -> None:
        """Ask the process to end, and make it after 10 s."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            await self._kill()
        self._let_go()

    async def _kill(self) -> None:
        """End the server; its workers see the end of their standard input and follow."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    def _let_go(self) -> None:
        """Close the pipe that keeps the workers alive."""
        if self.process.stdin is not None:
            self.process.stdin.close()


async def launch(python: Path, container: Container) -> Instance:
    """Start a process of `container` with the serving environment's `python`; it is not ready yet.

    The socket is opened here, so no other program can take the port before the server does.
    """
    with socket.socket() as listener, container.log.append_handle() as log:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        port = int(listener.getsockname()[1])
        process = await asyncio.create_subprocess_exec(
            str(python),
            str(LAUNCHER),
            str(listener.fileno()),
            *container.command(port),
            env=container.environment,
            cwd=container.code,
            stdin=asyncio.subprocess.PIPE,
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            pass_fds=[listener.fileno()],
        )
    return Instance(port, process)
