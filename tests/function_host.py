"""Runs the development host as a separate process, for tests of any app: start, call, read the log, stop."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.waiting import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Which Python and which worker run the functions."""

    python: str = sys.executable
    worker: str = "converters"
    environment: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - JSON is whatever the app sent
        """Parse the body as JSON."""
        return json.loads(self.body)


@dataclass(slots=True)
class HostProcess:
    """A running development host."""

    process: subprocess.Popen[bytes]
    log_file: Path
    summary: dict[str, Any]

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return str(self.summary["url"])

    @property
    def master_key(self) -> str:
        """The key that grants everything."""
        return str(self.summary["keys"]["master"])

    @property
    def host_key(self) -> str:
        """The key that grants every function of level `function`."""
        return str(self.summary["keys"]["host"]["default"])

    def function_key(self, function: str) -> str:
        """Return the key that grants one function of level `function`."""
        return str(self.summary["keys"]["functions"][function]["default"])

    @property
    def event_grid_key(self) -> str:
        """The key of Event Grid's webhook."""
        return str(self.summary["keys"]["system"]["eventgrid_extension"])

    def call(
        self, method: str, path: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request and return the answer, whatever its status."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def deliver(self, function: str, events: object, **headers: str) -> Answer:
        """Post events to the Event Grid webhook, by default as a notification."""
        sent = {"aeg-event-type": "Notification", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        path = f"/runtime/webhooks/EventGrid?functionName={function}&code={self.event_grid_key}"
        return self.call("POST", path, json.dumps(events), sent)

    def run_by_hand(self, function: str, text: str = "") -> Answer:
        """Run a timer, queue or Event Grid function through the admin API."""
        headers = {"x-functions-key": self.master_key}
        return self.call("POST", f"/admin/functions/{function}", json.dumps({"input": text}), headers)

    def log(self) -> str:
        """Return the log of the host and its functions so far."""
        return self.log_file.read_text(encoding="utf-8")

    def stop(self) -> int:
        """Stop the host, wait until it has exited, and return its exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE_SECONDS)


def eventually(look: Callable[[], object], what: str = "it never came true") -> Any:  # noqa: ANN401 - what `look` gives
    """Poll until the result is true, and return it. Raises AssertionError after PATIENCE_SECONDS."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(what)
        time.sleep(0.05)
    return seen


@contextmanager
def running_host(
    app: Path,
    log_file: Path,
    settings: Mapping[str, str],
    interpreter: Interpreter | None = None,
    options: Sequence[str] = (),
) -> Iterator[HostProcess]:
    """Run the app in the directory `app` during the block. Raises RuntimeError with the log if it cannot run."""
    process = start(app, log_file, settings, interpreter, options)
    with process:
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                process.wait(PATIENCE_SECONDS)
                raise RuntimeError(log_file.read_text(encoding="utf-8"))
            yield HostProcess(process, log_file, json.loads(line))
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def start(
    app: Path,
    log_file: Path,
    settings: Mapping[str, str],
    interpreter: Interpreter | None = None,
    options: Sequence[str] = (),
) -> subprocess.Popen[bytes]:
    """Start a host and return its process without waiting; it exits when its standard input is closed."""
    chosen = interpreter or Interpreter()
    words = ["--app", str(app), "--json", "--until-stdin-closes", "--worker", chosen.worker, *options]
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    with log_file.open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - our own command line
            [chosen.python, *chosen.options, "-m", "cli.host", *words],
            cwd=ROOT,
            env={**inherited, "PYTHONPATH": str(ROOT), **chosen.environment, **settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
