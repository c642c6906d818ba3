"""Azurite as a child process: blob, queue and table on free ports of 127.0.0.1, with TLS and token credentials.

It exits with this process, however this process ends (see end_with_parent.js).
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
    """Azurite is not installed or did not start; the message includes its last output."""


def random_account_key() -> str:
    """Return a random key in the form of a storage account's."""
    return base64.b64encode(secrets.token_bytes(64)).decode()


@dataclass(slots=True)
class Azurite:
    """One Azurite process. `directory` holds its data and log; `accounts` maps account names to keys."""

    directory: Path
    accounts: dict[str, str]
    certificate: Path
    key: Path
    home: Path = HOME
    ports: dict[str, int] = field(default_factory=dict)
    _process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and return once all three services are listening. Raises AzuriteError."""
        script = self.home / "node_modules/azurite/dist/src/azurite.js"
        if not script.exists():
            raise AzuriteError(
                f"Azurite is not installed in {self.home}: run `make setup` or `python -m emulator.storage`"
            )
        self.directory.mkdir(parents=True, exist_ok=True)
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
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
        """Stop it and wait until it has exited."""
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
        # The SDKs use newer API versions than Azurite knows by name, but they work if it does not check.
        quiet = ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
        return ["--location", str(self.directory), *ports, *tls, *quiet]

    async def _wait_until_listening(self, process: asyncio.subprocess.Process) -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                for port in self.ports.values():
                    while not await _listens(port):
                        if process.returncode is not None:
                            raise AzuriteError(f"Azurite exited during startup: {self._log.read_text()[-2000:]}")
                        await asyncio.sleep(0.05)
        except TimeoutError as error:
            message = f"Azurite was not listening after {START_SECONDS} seconds; see {self._log}"
            raise AzuriteError(message) from error


def free_ports(count: int) -> list[int]:
    """Return free ports of 127.0.0.1."""
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
    """Return the options that make Node.js load our additions before Azurite."""
    return [part for name in names for part in ("--require", str(Path(__file__).with_name(name)))]
