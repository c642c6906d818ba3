"""Azurite as a child process: blob, queue and table on free ports of 127.0.0.1, with TLS and token credentials.

It ends with this process, however that ends (see end_with_parent.js).
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import socket
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from emulator.storage.node import node

HOME = Path(__file__).resolve().parents[2] / ".azurite"
SERVICES = ("blob", "queue", "table")
START_SECONDS = 300


class AzuriteError(Exception):
    """Azurite is not installed, or did not start; the message holds its last words."""


def made_up_key() -> str:
    """Return an account key in the form that storage keys have."""
    return base64.b64encode(secrets.token_bytes(64)).decode()


@dataclass(slots=True)
class Azurite:
    """One Azurite. `directory` keeps its data and log; `accounts` gives each account's key."""

    directory: Path
    accounts: dict[str, str]
    certificate: Path
    key: Path
    home: Path = HOME
    ports: dict[str, int] = field(default_factory=dict)
    _process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and return when all three services listen. Raises AzuriteError."""
        script = self.home / "node_modules/azurite/dist/src/azurite.js"
        if not script.exists():
            raise AzuriteError(
                f"Azurite is not installed in {self.home}: run `make setup` or `python -m emulator.storage`"
            )
        self.directory.mkdir(parents=True, exist_ok=True)
        self.ports = dict(zip(SERVICES, _free_ports(len(SERVICES)), strict=True))
        accounts = ";".join(f"{name}:{key}" for name, key in self.accounts.items())
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *[str(node()), *_preloaded("end_with_parent.js", "host_style_batches.js"), str(script)],
                *self._options(),
                env={"AZURITE_ACCOUNTS": accounts, "PATH": "/usr/bin:/bin"},
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        await self._wait_until_listening(self._process)

    async def stop(self) -> None:
        """Stop it and wait until it is gone."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), 10)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    @property
    def _log(self) -> Path:
        return self.directory / "azurite.log"

    def _options(self) -> list[str]:
        ports = [word for service in SERVICES for word in (f"--{service}Port", str(self.ports[service]))]
        tls = ["--oauth", "basic", "--cert", str(self.certificate), "--key", str(self.key)]
        # The SDKs speak newer API versions than any Azurite knows by name: without the check they all work.
        quiet = ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
        return ["--location", str(self.directory), *ports, *tls, *quiet]

    async def _wait_until_listening(self, process: asyncio.subprocess.Process) -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                for port in self.ports.values():
                    while not await _listens(port):
                        if process.returncode is not None:
                            raise AzuriteError(f"Azurite ended at its start: {self._log.read_text()[-2000:]}")
                        await asyncio.sleep(0.05)
        except TimeoutError as error:
            raise AzuriteError(f"Azurite did not listen within {START_SECONDS} seconds; see {self._log}") from error


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def _preloaded(*names: str) -> list[str]:
    """Return the options that make node load our additions before Azurite."""
    return [part for name in names for part in ("--require", str(Path(__file__).with_name(name)))]
