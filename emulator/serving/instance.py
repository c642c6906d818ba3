"""One instance of a deployment: a model server process on a port of 127.0.0.1. `replicas` restarts it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from asyncio.subprocess import Process
from dataclasses import dataclass, field
from pathlib import Path

from emulator.serving.container import Container

LAUNCHER = Path(__file__).with_name("launcher.py")
DRAIN_SECONDS = 5.0
STOP_SECONDS = 10.0


@dataclass(slots=True, eq=False)
class Instance:
    """A running process. `in_flight` counts its current requests; `last_used` lets instances take turns."""

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
        """Whether the process has exited."""
        return self.process.returncode is not None

    def reserve(self, turn: int) -> None:
        """Count a request that is sent to the process; `turn` increases with every request of the deployment."""
        self.in_flight += 1
        self.last_used = turn
        self._idle.clear()

    def release(self) -> None:
        """Count a request as answered or abandoned."""
        self.in_flight -= 1
        if self.in_flight == 0:
            self._idle.set()

    async def stop(self) -> None:
        """Let requests in flight finish (for at most 5 s of wall-clock time), then terminate the process."""
        self.stopping = True
        if self.in_flight and not self.exited:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), DRAIN_SECONDS)
        await self._terminate()

    async def discard(self) -> None:
        """Kill the process without waiting for requests."""
        self.stopping = True
        await self._kill()

    async def _terminate(self) -> None:
        """Terminate the process, and kill it after 10 s."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            await self._kill()
        else:
            self._close_input()

    async def _kill(self) -> None:
        """Kill the server; its workers see the end of their standard input and exit."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        self._close_input()

    def _close_input(self) -> None:
        """Close the pipe that keeps the workers alive."""
        if self.process.stdin is not None:
            self.process.stdin.close()


async def launch(python: Path, container: Container) -> Instance:
    """Start a process of `container` with the serving environment's `python`, without waiting until it is ready.

    The socket is opened here, so that no other program can take the port before the server does.
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
