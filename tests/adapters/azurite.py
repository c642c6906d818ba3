"""Azurite alone, over HTTP on free ports, for tests of storage adapters. It stops at the end of the block."""

from __future__ import annotations

import base64
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emulator.storage import azurite
from emulator.storage.node import node

ACCOUNT = "tealtests"
KEY = base64.b64encode(b"a key for tests").decode()
START_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Storage:
    """Its addresses and key."""

    tables: str
    queues: str
    account: str = ACCOUNT
    key: str = KEY

    def of(self, account: str) -> Storage:
        """Return another account of the same process."""
        own, other = f"/{self.account}", f"/{account}"
        return Storage(self.tables.replace(own, other), self.queues.replace(own, other), account, self.key)


@contextmanager
def running_storage(directory: Path | None, more: Iterable[str] = ()) -> Iterator[Storage]:
    """Run Azurite's queue and table service with their data in `directory` (None: in memory).

    more: the names of other accounts.
    """
    ports = azurite.free_ports(3)
    names = ("--blobPort", "--queuePort", "--tablePort")
    options = [word for pair in zip(names, map(str, ports), strict=True) for word in pair]
    options += ["--inMemoryPersistence"] if directory is None else ["--location", str(directory)]
    options += ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
    script = azurite.HOME / "node_modules/azurite/dist/src/azurite.js"
    ending = Path(azurite.__file__).with_name("end_with_parent.js")
    command = [str(node()), "--require", str(ending), str(script), *options]
    variables = {"AZURITE_ACCOUNTS": ";".join(f"{name}:{KEY}" for name in (ACCOUNT, *more)), "PATH": "/usr/bin:/bin"}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, env=variables) as process:  # noqa: S603  # ours
        try:
            for port in ports:
                _wait_for(port)
            yield Storage(f"http://127.0.0.1:{ports[2]}/{ACCOUNT}", f"http://127.0.0.1:{ports[1]}/{ACCOUNT}")
        finally:
            process.kill()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, "Azurite did not start"
            time.sleep(0.05)
        else:
            return
